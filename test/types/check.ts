/** Whether two types are one and the same, `any` and optional properties included. */
export type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile unless its argument is `true`. */
export type Holds<Condition extends true> = Condition;
