package io.llamamesh.agent.http;

/** Decides about bearer tokens; for all threads. */
@FunctionalInterface
public interface TokenCheck {

  /** Without authentication everything passes. */
  TokenCheck OPEN = token -> true;

  /** Whether a request with this token, empty where it has none, may read results. */
  boolean accepts(String token);
}
