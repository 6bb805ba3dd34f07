package io.llamamesh.operator.plan;

/**
 * Refusal of a spec.
 *
 * @param reason {@code InvalidSpec} or {@code PortConflict}, the reason of the condition
 * @param message the field and the remedy, for people
 */
public record SpecRefusal(String reason, String message) {
  /** A spec that contradicts itself or asks for what cannot be. */
  public static SpecRefusal invalid(String message) {
    return new SpecRefusal("InvalidSpec", message);
  }

  /** Another, older mesh has the ports. */
  public static SpecRefusal portConflict(String message) {
    return new SpecRefusal("PortConflict", message);
  }
}
