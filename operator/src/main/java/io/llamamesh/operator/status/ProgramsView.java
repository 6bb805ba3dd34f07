package io.llamamesh.operator.status;

/** What is known of the Secret with the credentials of programs that a mesh names. */
public sealed interface ProgramsView {

  /**
   * It can be used.
   *
   * @param programs how many have a credential
   */
  record Usable(int programs) implements ProgramsView {}

  /**
   * It cannot be used.
   *
   * @param problem why not, and the remedy
   */
  record Unusable(Obstacle problem) implements ProgramsView {}

  /**
   * The API server does not hand it out.
   *
   * @param message its words
   */
  record Unread(String message) implements ProgramsView {}

  /** Whether it can be used as far as is known. */
  default boolean isUsable() {
    return this instanceof Usable;
  }
}
