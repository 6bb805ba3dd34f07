package io.llamamesh.registry.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that let in: the lines of a file, read again when it has changed, so that a new one
 * can stand beside the old while probes are moved over. Clients that know no bearer tokens give one
 * as the password in the server's URL ({@code http://probe:TOKEN@host}). Thread-safe.
 */
public final class AccessTokens {
  private static final Logger LOG = LoggerFactory.getLogger(AccessTokens.class);
  private static final int MAX_BYTES = 64 << 10;
  private static final int MIN_LENGTH = 16;
  private static final long CHECK_EVERY_NANOS = 3_000_000_000L;

  private final @Nullable Path file;
  private final LongSupplier nanos;
  private List<byte[]> tokens;
  private FileTime readAs = FileTime.fromMillis(0);
  private long checked;
  private @Nullable String complaint;

  private AccessTokens(@Nullable Path file, LongSupplier nanos, List<byte[]> tokens) {
    this.file = file;
    this.nanos = nanos;
    this.tokens = tokens;
    this.checked = nanos.getAsLong();
  }

  /** Lets everybody in. */
  public static AccessTokens open() {
    return new AccessTokens(null, () -> 0, List.of());
  }

  /**
   * Reads the tokens of a file.
   *
   * @throws IOException where it cannot be read or holds none that is long enough, saying which
   */
  public static AccessTokens of(Path file, LongSupplier nanos) throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    AccessTokens made = new AccessTokens(file, nanos, read(file));
    made.readAs = time;
    return made;
  }

  private static List<byte[]> read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    List<String> lines =
        Files.readString(file)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    if (lines.isEmpty()) {
      throw new IOException(file + " holds no token; write one a line");
    }
    if (lines.stream().anyMatch(line -> line.length() < MIN_LENGTH)) {
      throw new IOException(
          file
              + " holds a token of less than "
              + MIN_LENGTH
              + " characters; make one by"
              + " 'openssl rand -hex 24'");
    }
    return lines.stream().map(line -> line.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** True when everybody is let in. */
  boolean isOpen() {
    return file == null;
  }

  /**
   * A check of who asks.
   *
   * @param authorization the value of the header {@code Authorization}; null where it is missing
   */
  synchronized boolean accepts(@Nullable String authorization) {
    if (file == null) {
      return true;
    }
    refresh(file);
    String given = token(authorization);
    boolean accepted = false;
    if (given != null) {
      byte[] bytes = given.getBytes(StandardCharsets.UTF_8);
      for (byte[] token : tokens) {
        accepted |= MessageDigest.isEqual(token, bytes);
      }
    }
    return accepted;
  }

  private void refresh(Path from) {
    long now = nanos.getAsLong();
    if (now - checked < CHECK_EVERY_NANOS) {
      return;
    }
    checked = now;
    try {
      FileTime time = Files.getLastModifiedTime(from);
      if (!time.equals(readAs)) {
        tokens = read(from);
        readAs = time;
        LOG.info("tokens read again file={} tokens={}", from, tokens.size());
      }
      complaint = null;
    } catch (IOException e) {
      String words = e.toString();
      if (!words.equals(complaint)) {
        complaint = words;
        LOG.warn("tokens not readable, the last ones stay error={}", words);
      }
    }
  }

  /** The token of a header: a bearer, or the password of a basic log-in; schemes ignore case. */
  static @Nullable String token(@Nullable String authorization) {
    if (authorization == null) {
      return null;
    }
    int space = authorization.indexOf(' ');
    if (space < 0) {
      return null;
    }
    String rest = authorization.substring(space + 1).strip();
    return switch (authorization.substring(0, space).toLowerCase(Locale.ROOT)) {
      case "bearer" -> rest;
      case "basic" -> password(rest);
      default -> null;
    };
  }

  private static @Nullable String password(String encoded) {
    try {
      String login = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      int colon = login.indexOf(':');
      return colon < 0 ? null : login.substring(colon + 1);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
