package io.llamamesh.operator.keys;

import org.jspecify.annotations.Nullable;

/** Review of tokens by the API server; any thread may call. */
@FunctionalInterface
public interface TokenReviewer {
  /**
   * Reviews a token.
   *
   * @return null where the API server does not know it, or not for this audience
   * @throws RuntimeException where it gives no answer
   */
  @Nullable ReviewedToken review(String token, String audience);
}
