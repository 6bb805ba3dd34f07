package io.llamamesh.scraper.store;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Redactor of messages from a store or the network: makes them short, on one line, and without the
 * credentials that an answer may repeat.
 */
final class Redactor {
  private static final int LONGEST = 300;
  private static final String HIDDEN = "***";

  private final List<String> secrets;

  /** A redactor of secrets; null and empty ones are ignored. */
  Redactor(@Nullable String... secrets) {
    // The longest first: one may be part of another.
    this.secrets =
        Stream.of(secrets)
            .filter(secret -> secret != null && !secret.isBlank())
            .map(String::valueOf)
            .sorted((a, b) -> b.length() - a.length())
            .toList();
  }

  String redact(String text) {
    String shown = text;
    for (String secret : secrets) {
      shown = shown.replace(secret, HIDDEN);
    }
    shown = shown.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    return shown.length() <= LONGEST ? shown : shown.substring(0, LONGEST) + "…";
  }
}
