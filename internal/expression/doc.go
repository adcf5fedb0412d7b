// Package expression compiles and evaluates the conditions of rules and scales: expr text over dotted field names,
// with two truth values. It is the only place that knows the expr library.
//
// A [Table] is the vocabulary that many expressions share: a slot per field they read and one entry per distinct
// leaf (a comparison, a test), so that an [Evaluator] reads each field once per alert and tests each leaf at most
// once. The skeleton of and, or and not, and the leaves that compare one field with constants, are evaluated
// natively; what is left over runs in expr's machine, its operators replaced by functions with the same semantics.
// An [Index] finds, of thousands of expressions, those that can hold of an alert at about the cost of ten.
//
// The semantics: a comparison with an absent field is false, and not inverts that. x != v means that x is present
// and equal to none. An array matches if any of its members does. Null and the empty array count as absent.
package expression
