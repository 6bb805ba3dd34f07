package io.llamamesh.http;

import org.jspecify.annotations.Nullable;

/** Bearer tokens in the field {@code Authorization} (RFC 6750). */
public final class BearerToken {
  private static final String SCHEME = "Bearer";

  private BearerToken() {}

  /**
   * The token of a field's value. The scheme's case does not matter (RFC 9110, 11.1).
   *
   * @return null where the field is missing, has another scheme, or no token
   */
  public static @Nullable String of(@Nullable String authorization) {
    if (authorization == null
        || authorization.length() <= SCHEME.length()
        || authorization.charAt(SCHEME.length()) != ' '
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    String token = authorization.substring(SCHEME.length()).strip();
    return token.isEmpty() ? null : token;
  }
}
