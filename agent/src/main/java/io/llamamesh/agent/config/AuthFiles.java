package io.llamamesh.agent.config;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys and tokens from a mounted Secret: {@code keys.json} and {@code tokens.json}, each a list of
 * {@code {id, key, signFrom, acceptUntil}}. The newest whose signFrom has passed signs, every one
 * that has not expired is accepted, so that mounts that refresh at different times never disagree.
 * Looked at every ten seconds; what cannot be read leaves the last good state.
 */
public final class AuthFiles implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AuthFiles.class);
  private static final long LOOK_SECONDS = 10;
  private static final long MAX_BYTES = 1 << 20;
  private static final JsonMapper JSON = ResultsJson.mapper();

  private final Path folder;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile State state;
  private @Nullable String complaint;

  private record Entry(int id, String key, Instant signFrom, @Nullable Instant acceptUntil) {

    boolean accepted(Instant now) {
      return acceptUntil == null || now.isBefore(acceptUntil);
    }

    /** Never the secret itself: this may end up in a log. */
    @Override
    public String toString() {
      return "Entry[id=" + id + "]";
    }
  }

  private record State(ProbeKeys keys, List<byte[]> tokens, String bearer) {}

  private AuthFiles(Path folder, State state) {
    this.folder = folder;
    this.state = state;
    this.thread = Thread.ofPlatform().name("auth-files").daemon(true).unstarted(this::run);
  }

  /**
   * Reads the files and follows their changes.
   *
   * @throws IOException when they are not there or not usable
   */
  public static AuthFiles open(Path folder) throws IOException {
    AuthFiles files = new AuthFiles(folder, read(folder, Instant.now()));
    files.thread.start();
    return files;
  }

  /** The keys that are valid now. */
  public ProbeKeys keys() {
    return state.keys();
  }

  /** The token to show to others; empty when there is none. */
  public String bearer() {
    return state.bearer();
  }

  /** Whether a token is one of those that are valid now; takes as long for a wrong one. */
  public boolean accepts(String token) {
    byte[] given = token.getBytes(StandardCharsets.UTF_8);
    boolean found = false;
    for (byte[] valid : state.tokens()) {
      found |= MessageDigest.isEqual(valid, given);
    }
    return found;
  }

  private void run() {
    try {
      while (!stop.await(LOOK_SECONDS, TimeUnit.SECONDS)) {
        try {
          state = read(folder, Instant.now());
          complaint = null;
        } catch (IOException e) {
          String said = e.toString();
          if (!said.equals(complaint)) {
            complaint = said;
            LOG.warn("keys and tokens not readable, the last ones stay error={}", said);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static State read(Path folder, Instant now) throws IOException {
    ProbeKeys keys = ProbeKeys.NONE;
    for (Entry entry : entries(folder.resolve("keys.json"))) {
      if (entry.accepted(now)) {
        // In the order of the file the oldest come first, so the last that may sign does.
        keys = with(keys, entry, !now.isBefore(entry.signFrom()));
      }
    }
    if (!keys.required()) {
      throw new IOException("keys.json in " + folder + " has no key that may sign now");
    }
    List<byte[]> tokens = new ArrayList<>();
    String bearer = "";
    for (Entry entry : entries(folder.resolve("tokens.json"))) {
      if (entry.accepted(now)) {
        tokens.add(entry.key().getBytes(StandardCharsets.UTF_8));
        bearer = now.isBefore(entry.signFrom()) ? bearer : entry.key();
      }
    }
    return new State(keys, tokens, bearer);
  }

  private static ProbeKeys with(ProbeKeys keys, Entry entry, boolean sign) throws IOException {
    try {
      return keys.with(entry.id(), Base64.getDecoder().decode(entry.key()), sign);
    } catch (IllegalArgumentException e) {
      // The decoder's message may quote the key.
      throw new IOException(
          "key " + entry.id() + " in keys.json is not 16 bytes in base64 with a number up to 255");
    }
  }

  private static List<Entry> entries(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
    }
    try {
      return JSON.readValue(Files.readAllBytes(file), new TypeReference<List<Entry>>() {});
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IOException(file + " is no list of keys");
    }
  }

  /** Looks no more. */
  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
