//! Group `ops`: every single operation of the tensor library.

use jumok_tensor::{IntTensor, Tensor};

use crate::Compute;
use crate::given::{Given, Outputs, Result};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        // two operands, with broadcasting
        "add" => |g| binary(g, Tensor::add),
        "sub" => |g| binary(g, Tensor::sub),
        "mul" => |g| binary(g, Tensor::mul),
        "div" => |g| binary(g, Tensor::div),
        "maximum" => |g| binary(g, Tensor::maximum),
        "minimum" => |g| binary(g, Tensor::minimum),
        "pow" => |g| binary(g, Tensor::pow),
        "matmul" => |g| binary(g, Tensor::matmul),

        // one operand
        "neg" => |g| unary(g, Tensor::neg),
        "exp" => |g| unary(g, Tensor::exp),
        "log" => |g| unary(g, Tensor::log),
        "sqrt" => |g| unary(g, Tensor::sqrt),
        "rsqrt" => |g| unary(g, Tensor::rsqrt),
        "abs" => |g| unary(g, Tensor::abs),
        "sin" => |g| unary(g, Tensor::sin),
        "cos" => |g| unary(g, Tensor::cos),
        "erf" => |g| unary(g, Tensor::erf),
        "tanh" => |g| unary(g, Tensor::tanh),
        "sigmoid" => |g| unary(g, Tensor::sigmoid),
        "relu" => |g| unary(g, Tensor::relu),
        "silu" => |g| unary(g, Tensor::silu),
        "softplus" => |g| unary(g, Tensor::softplus),
        "log_sigmoid" => |g| unary(g, Tensor::log_sigmoid),
        "max_all" => |g| unary(g, Tensor::max_all),
        "min_all" => |g| unary(g, Tensor::min_all),
        "gelu" => gelu,

        // a number beside the operand
        "pow_scalar" => |g| Ok(Outputs::y(g.input("x")?.pow_scalar(g.attr("exponent")?))),
        "add_scalar" => |g| Ok(Outputs::y(g.input("x")? + g.attr::<f64>("value")?)),
        "mul_scalar" => |g| Ok(Outputs::y(g.input("x")? * g.attr::<f64>("value")?)),
        "rsub_scalar" => |g| Ok(Outputs::y(g.attr::<f64>("value")? - g.input("x")?)),
        "rdiv_scalar" => |g| Ok(Outputs::y(g.attr::<f64>("value")? / g.input("x")?)),
        "clamp" => clamp,

        // reductions
        "sum" => |g| reduce(g, Tensor::sum),
        "mean" => |g| reduce(g, Tensor::mean),
        "amax" => |g| reduce(g, Tensor::amax),
        "amin" => |g| reduce(g, Tensor::amin),
        "var" => |g| spread(g, Tensor::var),
        "std" => |g| spread(g, Tensor::std),
        "max_dim" => |g| Ok(ranked(g.input("x")?.max_dim(g.axis("dim")?, g.attr("keepdim")?))),
        "min_dim" => |g| Ok(ranked(g.input("x")?.min_dim(g.axis("dim")?, g.attr("keepdim")?))),
        "topk" => |g| Ok(ranked(g.input("x")?.topk(g.attr("k")?, g.axis("dim")?))),
        "argmax" => argmax,
        "logsumexp" => |g| Ok(Outputs::y(g.input("x")?.logsumexp(g.axis("dim")?, g.attr("keepdim")?))),
        "norm" => |g| Ok(Outputs::y(g.input("x")?.norm(g.axis("dim")?, g.attr("keepdim")?))),
        "cumsum" => |g| Ok(Outputs::y(g.input("x")?.cumsum(g.axis("dim")?))),

        // shape
        "transpose" => |g| Ok(Outputs::y(transposed(g)?)),
        "transpose_reshape" => |g| Ok(Outputs::y(transposed(g)?.reshape(&g.axes("shape")?))),
        "permute" => |g| Ok(Outputs::y(g.input("x")?.permute(&g.axes("dims")?))),
        "reshape" => |g| Ok(Outputs::y(g.input("x")?.reshape(&g.axes("shape")?))),
        "squeeze" => |g| Ok(Outputs::y(g.input("x")?.squeeze(g.axis("dim")?))),
        "unsqueeze" => |g| Ok(Outputs::y(g.input("x")?.unsqueeze(g.axis("dim")?))),
        "expand" => expand,
        "repeat" => |g| Ok(Outputs::y(g.input("x")?.repeat(&g.attr::<Vec<usize>>("repeats")?))),
        "repeat_interleave" => |g| Ok(Outputs::y(g.input("x")?.repeat_interleave(g.attr("repeats")?, g.axis("dim")?))),
        "slice" => slice,
        "select" => |g| Ok(Outputs::y(g.input("x")?.select(g.axis("dim")?, g.axis("index")?))),
        "concat" => |g| Ok(Outputs::y(Tensor::concat(&all_inputs(g), g.axis("dim")?))),
        "stack" => |g| Ok(Outputs::y(Tensor::stack(&all_inputs(g), g.axis("dim")?))),
        "chunk" => |g| Ok(Outputs::numbered(g.input("x")?.chunk(g.attr("chunks")?, g.axis("dim")?))),
        "split" => |g| Ok(Outputs::numbered(g.input("x")?.split(&g.attr::<Vec<usize>>("sizes")?, g.axis("dim")?))),
        "flip" => |g| Ok(Outputs::y(g.input("x")?.flip(&g.axes("dims")?))),
        "tril" => |g| Ok(Outputs::y(g.input("x")?.tril(g.axis("diagonal")?))),
        "triu" => |g| Ok(Outputs::y(g.input("x")?.triu(g.axis("diagonal")?))),

        // indices and masks
        "gather" => |g| Ok(Outputs::y(g.input("x")?.gather(g.axis("dim")?, &g.ints("index")?))),
        "scatter_add" => scatter_add,
        "index_select" => |g| Ok(Outputs::y(g.input("x")?.index_select(g.axis("dim")?, &g.ints("index")?))),
        "masked_fill" => |g| Ok(Outputs::y(g.input("x")?.masked_fill(&g.bools("mask")?, g.attr("value")?))),
        "where" => |g| Ok(Outputs::y(Tensor::select_where(&g.bools("cond")?, g.input("a")?, g.input("b")?))),
        "one_hot" => |g| Ok(Outputs::y(g.ints("index")?.one_hot(g.attr("num_classes")?))),
        "embedding" => embedding,

        // layers' operations
        "linear" => |g| Ok(Outputs::y(g.input("x")?.linear(g.input("weight")?, g.input_opt("bias")))),
        "softmax" => |g| Ok(Outputs::y(g.input("x")?.softmax(g.axis("dim")?))),
        "log_softmax" => |g| Ok(Outputs::y(g.input("x")?.log_softmax(g.axis("dim")?))),
        "masked_softmax" => masked_softmax,
        "layer_norm" => layer_norm,
        "rms_norm" => rms_norm,
        _ => return None,
    };
    Some(compute)
}

fn binary(g: &Given, f: impl Fn(&Tensor, &Tensor) -> Tensor) -> Result<Outputs> {
    Ok(Outputs::y(f(g.input("a")?, g.input("b")?)))
}

fn unary(g: &Given, f: impl Fn(&Tensor) -> Tensor) -> Result<Outputs> {
    Ok(Outputs::y(f(g.input("x")?)))
}

fn reduce(g: &Given, f: impl Fn(&Tensor, &[isize], bool) -> Tensor) -> Result<Outputs> {
    let x = g.input("x")?;
    Ok(Outputs::y(f(x, &g.axes_or_all("dims", x.rank())?, g.attr("keepdim")?)))
}

fn spread(g: &Given, f: impl Fn(&Tensor, &[isize], usize, bool) -> Tensor) -> Result<Outputs> {
    let x = g.input("x")?;
    Ok(Outputs::y(f(x, &g.axes_or_all("dims", x.rank())?, g.attr("correction")?, g.attr("keepdim")?)))
}

fn ranked((values, indices): (Tensor, IntTensor)) -> Outputs {
    Outputs::new().and("values", values).and("indices", indices)
}

fn all_inputs<'a>(g: &'a Given) -> Vec<&'a Tensor> {
    g.all_inputs().into_iter().map(|(_, tensor)| tensor).collect()
}

fn gelu(g: &Given) -> Result<Outputs> {
    let x = g.input("x")?;
    match g.attr::<String>("approximate")?.as_str() {
        "none" => Ok(Outputs::y(x.gelu())),
        "tanh" => Ok(Outputs::y(x.gelu_tanh())),
        other => Err(g.unsuitable(format!("gelu knows approximate none and tanh, not {other}"))),
    }
}

fn clamp(g: &Given) -> Result<Outputs> {
    let (min, max) = (g.attr_or("min", f64::NEG_INFINITY)?, g.attr_or("max", f64::INFINITY)?);
    Ok(Outputs::y(g.input("x")?.clamp(min, max)))
}

/// Without an axis the index counts in the flattened tensor.
fn argmax(g: &Given) -> Result<Outputs> {
    let (x, keepdim) = (g.input("x")?, g.attr("keepdim")?);
    let Some(axis) = g.attr_opt::<i64>("dim")? else {
        let index = x.reshape(&[-1]).argmax(0, false);
        return Ok(Outputs::y(if keepdim { index.reshape(&vec![1; x.rank()]) } else { index }));
    };
    Ok(Outputs::y(x.argmax(axis as isize, keepdim)))
}

fn transposed(g: &Given) -> Result<Tensor> {
    Ok(g.input("x")?.transpose(g.axis("dim0")?, g.axis("dim1")?))
}

/// A size of −1 keeps the axis as it is.
fn expand(g: &Given) -> Result<Outputs> {
    let x = g.input("x")?;
    let sizes = g.attr::<Vec<i64>>("shape")?;
    let new_axes = sizes.len().saturating_sub(x.rank());
    let size = |(n, size): (usize, &i64)| match usize::try_from(*size) {
        Ok(size) => Ok(size),
        Err(_) if n >= new_axes => Ok(x.shape()[n - new_axes]),
        Err(_) => Err(g.unsuitable(format!("expand cannot keep axis {n}, which is new"))),
    };
    let shape = sizes.iter().enumerate().map(size).collect::<Result<Vec<usize>>>()?;
    Ok(Outputs::y(x.expand(&shape)))
}

fn slice(g: &Given) -> Result<Outputs> {
    let start = g.attr_or::<i64>("start", 0)? as isize;
    let end = g.attr_opt::<i64>("end")?.map(|end| end as isize);
    Ok(Outputs::y(g.input("x")?.slice(g.axis("dim")?, start, end, g.attr_or("step", 1)?)))
}

fn scatter_add(g: &Given) -> Result<Outputs> {
    Ok(Outputs::y(g.input("x")?.scatter_add(g.axis("dim")?, &g.ints("index")?, g.input("src")?)))
}

fn embedding(g: &Given) -> Result<Outputs> {
    let weight = g.input("weight")?;
    let rows = weight.shape().first().copied().unwrap_or(0) as i64;
    let padding_idx =
        g.attr_opt::<i64>("padding_idx")?.map(|index| if index < 0 { index + rows } else { index } as usize);
    Ok(Outputs::y(weight.embedding(&g.ints("index")?, padding_idx)))
}

/// Filling with a finite value, unlike the library's `masked_softmax`, gives a fully masked row equal weights.
fn masked_softmax(g: &Given) -> Result<Outputs> {
    let filled = g.input("x")?.masked_fill(&g.bools("mask")?, g.attr("value")?);
    Ok(Outputs::y(filled.softmax(g.axis("dim")?)))
}

fn layer_norm(g: &Given) -> Result<Outputs> {
    let shape = g.attr::<Vec<usize>>("normalized_shape")?;
    let (weight, bias) = (g.input_opt("weight"), g.input_opt("bias"));
    Ok(Outputs::y(g.input("x")?.layer_norm(&shape, weight, bias, g.attr("eps")?)))
}

fn rms_norm(g: &Given) -> Result<Outputs> {
    let shape = g.attr::<Vec<usize>>("normalized_shape")?;
    // PyTorch's default is the machine epsilon of the element type.
    let eps = g.attr_or("eps", f64::from(f32::EPSILON))?;
    Ok(Outputs::y(g.input("x")?.rms_norm(&shape, g.input_opt("weight"), eps)))
}
