package io.llamamesh.apiserver.objects;

import java.util.ArrayList;
import java.util.List;

/**
 * Options of a write, besides its document.
 *
 * @param manager who writes, for managedFields
 * @param subresource {@code status} or empty
 * @param force an apply takes over fields of other managers
 * @param isStrict refuses fields that the schema does not know, instead of a warning
 * @param warnings collects warnings for the client
 */
public record WriteOptions(
    String manager, String subresource, boolean force, boolean isStrict, List<String> warnings) {

  /** A plain write of this server itself. */
  public static WriteOptions by(String manager) {
    return new WriteOptions(manager, "", false, false, new ArrayList<>());
  }

  /** True when only the status is written. */
  public boolean isStatus() {
    return subresource.equals("status");
  }
}
