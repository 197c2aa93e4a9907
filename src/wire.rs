//! The words that the engine and a worker exchange over a pipe.
