package io.llamamesh.scraper.pull;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Decision of who may post windows. Thread-safe. */
@FunctionalInterface
public interface PostingAccess {
  /** A decision. */
  sealed interface Decision {
    /** They may post, within these rights. */
    record Granted(PointRights rights) implements Decision {}

    /** They may not. */
    record Denied(String why) implements Decision {}

    /** It is not known yet; they try again. */
    record Later(String why) implements Decision {}
  }

  /** Access to post any points, for whom a predicate accepts. */
  static PostingAccess of(Predicate<@Nullable String> accepted) {
    return authorization ->
        accepted.test(authorization)
            ? new Decision.Granted(PointRights.ALL)
            : new Decision.Denied("the mesh's bearer token is required");
  }

  /**
   * Decides.
   *
   * @param authorization value of the header {@code Authorization}; null if it is missing
   */
  Decision decide(@Nullable String authorization);
}
