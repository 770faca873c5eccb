//! The plan of a function ctype: its call plan with the ctypes that convert arguments and result.

use cffi_call::plan::CallPlan;
use cffi_call::{Shape, Signature};
use cffi_python::{PyResult, raise};

use super::shape::{Role, shape_of};
use crate::ctype::function::{DEFAULT_ABI, FunctionDetail, Variadic};
use crate::ctype::{CType, CTypeRef};

/// How calls of a signature are made.
pub struct Plan {
    /// Where arguments and result go.
    pub call: CallPlan,
    /// Converts the arguments; those of the variadic part too, for the plan of one variadic call.
    pub parameters: Vec<CTypeRef>,
}

/// The signature of a function ctype, or the text of the error where values cannot be passed.
pub fn signature_of(
    parameters: &[CTypeRef],
    result: &CType,
    abi: i32,
    fixed: Option<usize>,
) -> PyResult<Result<Signature, String>> {
    let result = match shape_of(result, Role::Result)? {
        Ok(shape) => shape,
        Err(text) => return Ok(Err(text)),
    };
    let mut shapes = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        match shape_of(parameter, Role::Argument)? {
            Ok(Shape::Void) => return Ok(Err("an argument of type void".to_owned())),
            Ok(shape) => shapes.push(shape),
            Err(text) => return Ok(Err(text)),
        }
    }
    let abi = if abi == DEFAULT_ABI {
        None
    } else {
        u32::try_from(abi).ok()
    };
    Ok(Ok(Signature {
        result,
        parameters: shapes,
        fixed,
        abi,
    }))
}

/// Compiles a plan.
pub fn compile(
    parameters: &[CTypeRef],
    result: &CType,
    abi: i32,
    fixed: Option<usize>,
) -> PyResult<Result<Plan, String>> {
    let signature = match signature_of(parameters, result, abi, fixed)? {
        Ok(signature) => signature,
        Err(text) => return Ok(Err(text)),
    };
    Ok(match CallPlan::new(&signature) {
        Ok(call) => Ok(Plan {
            call,
            parameters: parameters.to_vec(),
        }),
        Err(error) => Err(format!("{}(*)(...): {error}", result.name())),
    })
}

/// The plan of a function without a variadic part, compiled at the first call.
#[inline]
pub fn plan_of<'a>(detail: &'a FunctionDetail, result: &CType) -> PyResult<&'a Plan> {
    debug_assert_eq!(detail.variadic, Variadic::No);
    let compiled = match detail.plan.get() {
        Some(compiled) => compiled,
        None => {
            let compiled = compile(&detail.parameters, result, detail.abi, None)?;
            detail.plan.get_or_init(|| compiled)
        }
    };
    match compiled {
        Ok(plan) => Ok(plan),
        Err(text) => Err(raise!(NotImplementedError, "{text}")),
    }
}
