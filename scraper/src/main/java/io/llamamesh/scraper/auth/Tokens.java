package io.llamamesh.scraper.auth;

import org.jspecify.annotations.Nullable;

/** What agents and scraper let each other in by; thread-safe. */
public interface Tokens {
  /** No authentication: shows nothing, lets everybody in. */
  Tokens NONE =
      new Tokens() {
        @Override
        public @Nullable String bearer() {
          return null;
        }

        @Override
        public boolean accepts(@Nullable String authorization) {
          return true;
        }
      };

  /** The token to show to agents; null where there is none. */
  @Nullable String bearer();

  /**
   * Whether to let in who asks.
   *
   * @param authorization the value of the header {@code Authorization}; null where it is missing
   */
  boolean accepts(@Nullable String authorization);
}
