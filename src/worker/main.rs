use torch_sys as _;
fn main() {
    println!("{:?}", tch::Tensor::from_slice(&[1f32, 2.0]).f_exp());
}
