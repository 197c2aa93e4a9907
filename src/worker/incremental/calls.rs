//! A program as the rules of incremental recomputation see it.

use gia_model::{Call, Calls, ValueId};

use crate::program::Program;

impl Calls for Program {
    fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.steps().iter().map(|step| Call {
            op: &step.op,
            inputs: &step.inputs,
            output: step.output,
        })
    }

    fn inputs(&self) -> &[ValueId] {
        self.inputs()
    }

    fn constant_shape(&self, id: ValueId) -> Option<Vec<i64>> {
        self.constant(id).map(|constant| constant.size())
    }

    fn is_batch_first(&self, id: ValueId) -> bool {
        self.is_batch_first(id)
    }
}
