// Compiles only where the types that were made name the main routes and their fields.
import type { components, operations, paths } from "./interface";

type Limit = paths["/api/v1/chains/{core}/limits/{firm}"]["get"]["responses"][200]["content"]["application/json"];
type Losses = operations["scenarios.create"]["responses"][201]["content"]["application/json"];
type Fault = operations["limits.read"]["responses"][404]["content"]["application/problem+json"];

export function granted(limit: Limit): number | null {
  const root: components["schemas"]["Node"] | null = limit.derivation;
  return root === null ? null : limit.limit_fen;
}

export function hit(losses: Losses): string[] {
  return losses.firms.filter((firm) => firm.loss_fen > 0).map((firm) => firm.id);
}

export function why(fault: Fault): string {
  return fault.code;
}
