//! Which Rust functions and closures can be offered to scripts.

use std::{error::Error as StdError, future::Future, pin::Pin};

use serde::de::DeserializeOwned;

use super::{
    HostError, HostRef,
    arguments::{Arguments, Failure},
    returns::{AsDynError, AsError, AsValue, HostReturn, Outcome},
};

pub type Pending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A Rust function or closure that scripts can call.
///
/// Implemented for every `Fn(A1, …, An) -> R + Send + Sync + 'static` of zero to eight arguments, where each argument
/// type implements `serde::de::DeserializeOwned` and the result is a [`HostReturn`]. `Marker` is always inferred. A
/// closure must name the types of its arguments.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be offered to scripts as a function",
    note = "it must be `Fn(A, …) -> R + Send + Sync + 'static` with at most 8 arguments that implement `serde::de::DeserializeOwned`",
    note = "it must return something that implements `serde::Serialize`, or a `Result` of it with an error that can be raised"
)]
pub trait IntoHostFunction<Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    const ARITY: usize;
    #[doc(hidden)]
    fn invoke(&self, arguments: &mut Arguments) -> Outcome;
}

/// A Rust function or closure that returns a future, which scripts can await or wait for.
///
/// As [`IntoHostFunction`], for `Fn(A1, …, An) -> F` where `F: Future + Send + 'static`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be offered to scripts as an async function",
    note = "it must be `Fn(A, …) -> F + Send + Sync + 'static` with at most 8 arguments that implement `serde::de::DeserializeOwned`, where `F: Future + Send + 'static`"
)]
pub trait IntoAsyncHostFunction<Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    const ARITY: usize;
    #[doc(hidden)]
    fn start(&self, arguments: &mut Arguments) -> Result<Pending, Failure>;
}

/// A Rust function or closure that scripts can call as a method of `T`.
///
/// As [`IntoHostFunction`], with the instance as its first argument, as `&T` or as [`HostRef<T>`](HostRef), and up to
/// seven more. A closure must name the type of the instance, too: `|this: &Counter, step: i64| …`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be offered to scripts as a method of `{T}`",
    note = "it must be `Fn(&T, A, …) -> R` or `Fn(HostRef<T>, A, …) -> R`, `Send + Sync + 'static`, with at most 7 more arguments that implement `serde::de::DeserializeOwned`"
)]
pub trait IntoHostMethod<T, Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    const ARITY: usize;
    #[doc(hidden)]
    fn invoke(&self, arguments: &mut Arguments) -> Outcome;
}

/// A Rust function or closure that returns a future, which scripts can call as a method of `T`.
///
/// As [`IntoAsyncHostFunction`], with a [`HostRef<T>`](HostRef) to the instance as its first argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be offered to scripts as an async method of `{T}`",
    note = "it must be `Fn(HostRef<T>, A, …) -> F + Send + Sync + 'static` with at most 7 more arguments that implement `serde::de::DeserializeOwned`, where `F: Future + Send + 'static`"
)]
pub trait IntoAsyncHostMethod<T, Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    const ARITY: usize;
    #[doc(hidden)]
    fn start(&self, arguments: &mut Arguments) -> Result<Pending, Failure>;
}

/// A Rust function or closure that makes the instances of a class.
///
/// As [`IntoHostFunction`], for functions that return `T`, or a `Result<T, E>` where `E` is any `std::error::Error`,
/// [`HostError`], `String` or `Box<dyn Error + Send + Sync>`.
pub trait IntoConstructor<T, Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    const ARITY: usize;
    #[doc(hidden)]
    fn construct(&self, arguments: &mut Arguments) -> Result<T, Failure>;
}

/// What a constructor may return: the instance, or a `Result` of it.
pub trait ConstructorReturn<T, Marker> {
    #[doc(hidden)]
    fn into_instance(self) -> Result<T, Failure>;
}

impl<T> ConstructorReturn<T, AsValue> for T {
    fn into_instance(self) -> Result<T, Failure> {
        Ok(self)
    }
}

impl<T, E: Into<HostError>> ConstructorReturn<T, AsError> for Result<T, E> {
    fn into_instance(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Raised(error.into()))
    }
}

impl<T, E: AsRef<dyn StdError + Send + Sync>> ConstructorReturn<T, AsDynError> for Result<T, E> {
    fn into_instance(self) -> Result<T, Failure> {
        self.map_err(|error| Failure::Raised(HostError::from_dyn(error.as_ref())))
    }
}

impl<T> ConstructorReturn<T, AsText> for Result<T, String> {
    fn into_instance(self) -> Result<T, Failure> {
        self.map_err(|message| Failure::Raised(HostError::message(message)))
    }
}

/// A `Result` whose error is text.
pub struct AsText;
/// The instance is borrowed.
pub struct Borrowed;
/// The instance is handed over as a reference of its own.
pub struct Referenced;

macro_rules! functions {
    ($count:literal $($arg:ident $index:literal)*) => {
        #[allow(unused_variables)]
        impl<F, R, Marker, $($arg),*> IntoHostFunction<(Marker, fn($($arg),*) -> R)> for F
        where
            F: Fn($($arg),*) -> R + Send + Sync + 'static,
            R: HostReturn<Marker>,
            $($arg: DeserializeOwned,)*
        {
            const ARITY: usize = $count;

            fn invoke(&self, arguments: &mut Arguments) -> Outcome {
                HostReturn::<Marker>::into_outcome(self($(arguments.take::<$arg>($index)?),*))
            }
        }

        #[allow(unused_variables)]
        impl<F, Fut, R, Marker, $($arg),*> IntoAsyncHostFunction<(Marker, fn($($arg),*) -> (Fut, R))> for F
        where
            F: Fn($($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            R: HostReturn<Marker>,
            $($arg: DeserializeOwned,)*
        {
            const ARITY: usize = $count;

            fn start(&self, arguments: &mut Arguments) -> Result<Pending, Failure> {
                let future = self($(arguments.take::<$arg>($index)?),*);
                Ok(Box::pin(async move { HostReturn::<Marker>::into_outcome(future.await) }))
            }
        }

        #[allow(unused_variables)]
        impl<T, F, R, Marker, $($arg),*> IntoConstructor<T, (Marker, fn($($arg),*) -> R)> for F
        where
            F: Fn($($arg),*) -> R + Send + Sync + 'static,
            R: ConstructorReturn<T, Marker>,
            $($arg: DeserializeOwned,)*
        {
            const ARITY: usize = $count;

            fn construct(&self, arguments: &mut Arguments) -> Result<T, Failure> {
                ConstructorReturn::<T, Marker>::into_instance(self($(arguments.take::<$arg>($index)?),*))
            }
        }
    };
}

functions!(0);
functions!(1 A 0);
functions!(2 A 0 B 1);
functions!(3 A 0 B 1 C 2);
functions!(4 A 0 B 1 C 2 D 3);
functions!(5 A 0 B 1 C 2 D 3 E 4);
functions!(6 A 0 B 1 C 2 D 3 E 4 G 5);
functions!(7 A 0 B 1 C 2 D 3 E 4 G 5 H 6);
functions!(8 A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7);

macro_rules! methods {
    ($count:literal $($arg:ident $index:literal)*) => {
        impl<T, F, R, Marker, $($arg),*> IntoHostMethod<T, (Borrowed, Marker, fn($($arg),*) -> R)> for F
        where
            T: Send + Sync + 'static,
            F: Fn(&T, $($arg),*) -> R + Send + Sync + 'static,
            R: HostReturn<Marker>,
            $($arg: DeserializeOwned,)*
        {
            const ARITY: usize = $count;

            fn invoke(&self, arguments: &mut Arguments) -> Outcome {
                let this = arguments.receiver::<T>()?;
                HostReturn::<Marker>::into_outcome(self(&this, $(arguments.take::<$arg>($index)?),*))
            }
        }

        impl<T, F, R, Marker, $($arg),*> IntoHostMethod<T, (Referenced, Marker, fn($($arg),*) -> R)> for F
        where
            T: Send + Sync + 'static,
            F: Fn(HostRef<T>, $($arg),*) -> R + Send + Sync + 'static,
            R: HostReturn<Marker>,
            $($arg: DeserializeOwned,)*
        {
            const ARITY: usize = $count;

            fn invoke(&self, arguments: &mut Arguments) -> Outcome {
                let this = arguments.receiver::<T>()?;
                HostReturn::<Marker>::into_outcome(self(this, $(arguments.take::<$arg>($index)?),*))
            }
        }

        impl<T, F, Fut, R, Marker, $($arg),*> IntoAsyncHostMethod<T, (Marker, fn($($arg),*) -> (Fut, R))> for F
        where
            T: Send + Sync + 'static,
            F: Fn(HostRef<T>, $($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output = R> + Send + 'static,
            R: HostReturn<Marker>,
            $($arg: DeserializeOwned,)*
        {
            const ARITY: usize = $count;

            fn start(&self, arguments: &mut Arguments) -> Result<Pending, Failure> {
                let this = arguments.receiver::<T>()?;
                let future = self(this, $(arguments.take::<$arg>($index)?),*);
                Ok(Box::pin(async move { HostReturn::<Marker>::into_outcome(future.await) }))
            }
        }
    };
}

methods!(0);
methods!(1 A 0);
methods!(2 A 0 B 1);
methods!(3 A 0 B 1 C 2);
methods!(4 A 0 B 1 C 2 D 3);
methods!(5 A 0 B 1 C 2 D 3 E 4);
methods!(6 A 0 B 1 C 2 D 3 E 4 G 5);
methods!(7 A 0 B 1 C 2 D 3 E 4 G 5 H 6);
