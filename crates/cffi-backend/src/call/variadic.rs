//! Variadic calls: the arguments behind the fixed ones bring their own types, promoted as C does (C11 6.5.2.2p6,7).

use cffi_model::primitive::Primitive;
use cffi_python::{Borrowed, Owned, PyResult, raise};

use super::plan::{Plan, compile};
use crate::cdata::CData;
use crate::ctype::function::FunctionDetail;
use crate::ctype::{CType, CTypeRef, Kind, primitive};

/// The plans of recent variadic calls are kept: the same call usually comes again.
const KEPT_PLANS: usize = 8;

/// The type of an argument of the variadic part.
fn promoted(position: usize, object: Borrowed<'_>) -> PyResult<CTypeRef> {
    let Some(cdata) = CData::from_object(object) else {
        return Err(raise!(
            TypeError,
            "argument {position} passed in the variadic part needs to be a cdata object (got {})",
            object.type_name()
        ));
    };
    let ctype = cdata.ctype();
    match ctype.kind {
        kind if kind.is_integral() && ctype.raw_size() < 4 => primitive::primitive(Primitive::Int),
        Kind::Float if ctype.raw_size() == 4 => primitive::primitive(Primitive::Double),
        Kind::Array => Ok(ctype
            .item_pointer()
            .map_or_else(|| ctype.clone(), CType::to_ref)),
        _ => Ok(ctype.clone()),
    }
}

/// Runs `call` with the plan for these arguments.
pub fn with_plan(
    detail: &FunctionDetail,
    result: &CType,
    arguments: &[Borrowed<'_>],
    call: impl FnOnce(&Plan) -> PyResult<Owned>,
) -> PyResult<Owned> {
    let fixed = detail.parameters.len();
    let mut types = detail.parameters.clone();
    for (index, object) in arguments.iter().enumerate().skip(fixed) {
        types.push(promoted(index + 1, *object)?);
    }
    // The plan is taken out while it is used: a conversion may run Python code that makes the same call.
    let known = detail.variadic_plans.with(|kept| {
        let position = kept.iter().position(|plan| same_types(plan, &types))?;
        Some(kept.swap_remove(position))
    });
    let plan = match known {
        Some(plan) => plan,
        None => match compile(&types, result, detail.abi, Some(fixed))? {
            Ok(plan) => plan,
            Err(text) => return Err(raise!(NotImplementedError, "{text}")),
        },
    };
    let returned = call(&plan);
    let dropped = detail.variadic_plans.with(|kept| {
        let dropped = (kept.len() >= KEPT_PLANS).then(|| kept.swap_remove(0));
        kept.push(plan);
        dropped
    });
    drop(dropped);
    returned
}

fn same_types(plan: &Plan, types: &[CTypeRef]) -> bool {
    plan.parameters.len() == types.len()
        && plan
            .parameters
            .iter()
            .zip(types)
            .all(|(parameter, ctype)| std::ptr::eq(&raw const *parameter.ctype, &raw const **ctype))
}
