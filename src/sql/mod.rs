//! From bytes to statements: split → parse → statement model; dialect facts; directives in comments.
