package io.llamamesh.config;

import java.io.Serial;
import java.util.List;

/** A value that a record of the document cannot take, and where in that record it is. */
final class FieldException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient List<String> path;
  private final String problem;

  /**
   * A complaint.
   *
   * @param section what kind of record it is, such as {@code ports.*}; empty for the document
   * @param path keys and indices from that record down to the value
   * @param problem what is wrong with it, without its name
   */
  FieldException(String section, List<String> path, String problem) {
    super((section.isEmpty() ? "" : section + ".") + String.join(".", path) + " " + problem);
    this.path = List.copyOf(path);
    this.problem = problem;
  }

  List<String> path() {
    return path;
  }

  String problem() {
    return problem;
  }
}
