//! Names of ATen operators that mean the same as another.

/// The name under which the tables know an operator.
pub fn canonical(name: &str) -> &str {
    match name {
        "concat" | "concatenate" => "cat",
        "row_stack" => "vstack",
        "swapaxes" | "swapdims" | "transpose" => "transpose.int",
        "trapz.x" => "trapezoid.x",
        "trapz.dx" => "trapezoid.dx",
        "chain_matmul" => "linalg_multi_dot",
        "matrix_power" => "linalg_matrix_power",
        "divide.Tensor" | "true_divide.Tensor" => "div.Tensor",
        "divide.Scalar" | "true_divide.Scalar" => "div.Scalar",
        "divide.Tensor_mode" => "div.Tensor_mode",
        "divide.Scalar_mode" => "div.Scalar_mode",
        "multiply.Tensor" => "mul.Tensor",
        "multiply.Scalar" => "mul.Scalar",
        "subtract.Tensor" => "sub.Tensor",
        "subtract.Scalar" => "sub.Scalar",
        "greater.Tensor" => "gt.Tensor",
        "greater.Scalar" => "gt.Scalar",
        "greater_equal.Tensor" => "ge.Tensor",
        "greater_equal.Scalar" => "ge.Scalar",
        "less.Tensor" => "lt.Tensor",
        "less.Scalar" => "lt.Scalar",
        "less_equal.Tensor" => "le.Tensor",
        "less_equal.Scalar" => "le.Scalar",
        "not_equal.Tensor" => "ne.Tensor",
        "not_equal.Scalar" => "ne.Scalar",
        "special_softmax" => "softmax.int",
        "special_log_softmax" => "log_softmax.int",
        "special_logsumexp" => "logsumexp",
        "special_sinc" => "sinc",
        "nll_loss_nd" | "nll_loss2d" => "nll_loss",
        other => other,
    }
}
