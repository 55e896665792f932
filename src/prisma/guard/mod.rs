//! The engine guard: our program standing where Prisma expects its schema engine (design §5).
