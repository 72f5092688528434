//! One body, one instance a level: the macro that every vectorised kernel is written in.

use crate::Elem;

/// How a·b + c is computed.
///
/// With the fused instruction there is one rounding. Without it `mul_add` would be a call of a library function for every
/// element, so product and sum are rounded one after the other. This is the only difference between the levels' results.
pub(crate) trait MulAdd {
    /// a·b + c
    fn mul_add(a: Elem, b: Elem, c: Elem) -> Elem;
}

/// a·b + c with two roundings: any processor.
pub(crate) struct TwoRoundings;

impl MulAdd for TwoRoundings {
    #[inline(always)]
    fn mul_add(a: Elem, b: Elem, c: Elem) -> Elem {
        a * b + c
    }
}

/// a·b + c with one rounding: only inside functions compiled for AVX2 or AVX-512.
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
pub(crate) struct Fused;

#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
impl MulAdd for Fused {
    #[inline(always)]
    fn mul_add(a: Elem, b: Elem, c: Elem) -> Elem {
        a.mul_add(b, c)
    }
}

/// Defines public functions whose body is compiled for each level and chosen at each call.
///
/// The type parameter after the name is the [`MulAdd`] of the level. The body is inlined into each instance, and so must be
/// what it calls (`#[inline(always)]`), because a function that is compiled apart has only the instructions of any processor.
/// The same goes for closures: hand them to inlined functions of this crate, not to an iterator that folds with them.
macro_rules! kernel {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$ops:ident>($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )+) => {$(
        $(#[$attribute])*
        $visibility fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body<$ops: $crate::dispatch::MulAdd>($($argument: $type),*) $(-> $result)? $body

            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512($($argument: $type),*) $(-> $result)? {
                body::<$crate::dispatch::Fused>($($argument),*)
            }

            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $type),*) $(-> $result)? {
                body::<$crate::dispatch::Fused>($($argument),*)
            }

            match $crate::level::current() {
                #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
                // SAFETY: `current` returns only levels that `available` found on this processor.
                #[allow(unsafe_code)]
                $crate::level::Level::Avx512 => unsafe { avx512($($argument),*) },
                #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
                // SAFETY: as above.
                #[allow(unsafe_code)]
                $crate::level::Level::Avx2 => unsafe { avx2($($argument),*) },
                _ => body::<$crate::dispatch::TwoRoundings>($($argument),*),
            }
        }
    )+};
}
