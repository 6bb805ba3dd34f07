package io.llamamesh.apiserver.objects;

import io.llamamesh.apiserver.problem.ApiProblem;
import java.util.ArrayList;
import java.util.List;

/**
 * How a write is meant, besides its document.
 *
 * @param manager who writes, for managedFields
 * @param subresource {@code status} or empty
 * @param force an apply takes over fields of other managers
 * @param unknownFields what happens to fields that the schema does not know
 * @param warnings collects warnings for the client
 */
public record WriteOptions(
    String manager,
    String subresource,
    boolean force,
    UnknownFields unknownFields,
    List<String> warnings) {

  /** {@code fieldValidation}. */
  public enum UnknownFields {
    IGNORE,
    WARN,
    STRICT;

    /** Reads the query parameter; warning is the default. */
    public static UnknownFields of(String parameter) {
      return switch (parameter) {
        case "", "Warn" -> WARN;
        case "Ignore" -> IGNORE;
        case "Strict" -> STRICT;
        default -> throw ApiProblem.badRequest("fieldValidation: unsupported value: " + parameter);
      };
    }
  }

  /** A plain write of this server itself. */
  public static WriteOptions by(String manager) {
    return new WriteOptions(manager, "", false, UnknownFields.IGNORE, new ArrayList<>());
  }

  /** Whether only the status is written. */
  public boolean status() {
    return subresource.equals("status");
  }
}
