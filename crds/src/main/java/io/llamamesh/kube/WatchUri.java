package io.llamamesh.kube;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The address of a watch request. */
final class WatchUri {
  private static final String WATCH = "watch=true";
  private static final String TIMEOUT = "timeoutSeconds=";
  private static final String VERSION = "resourceVersion";

  private WatchUri() {}

  static boolean isWatch(URI uri) {
    return parameters(uri).anyMatch(WATCH::equals);
  }

  /** The same watch, asked to end after so long. */
  static URI withTimeout(URI uri, Duration life) {
    String query =
        Stream.concat(
                parameters(uri).filter(p -> !p.startsWith(TIMEOUT)),
                Stream.of(TIMEOUT + life.toSeconds()))
            .collect(Collectors.joining("&"));
    String whole = uri.toString();
    return URI.create(whole.substring(0, whole.indexOf('?') + 1) + query);
  }

  /** The identity of a watch: the same whenever it is opened anew. */
  static String key(URI uri) {
    return parameters(uri)
        .filter(p -> !p.startsWith(TIMEOUT) && !p.startsWith(VERSION))
        .sorted()
        .collect(Collectors.joining("&", uri.getRawPath() + "?", ""));
  }

  private static Stream<String> parameters(URI uri) {
    String query = uri.getRawQuery();
    return query == null ? Stream.of() : Arrays.stream(query.split("&"));
  }
}
