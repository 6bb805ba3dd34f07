package io.llamamesh.agent.config;

import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.auth.KeyRing;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
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

  private final Path folder;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile State state;
  private volatile @Nullable String complaint;

  private record State(ProbeKeys keys, KeyRing tokens) {}

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
    KeyRing.Entry shown = state.tokens().signing(Instant.now());
    return shown == null ? "" : shown.key();
  }

  /** Whether a token is one of those that are valid now; takes as long for a wrong one. */
  public boolean accepts(String token) {
    return state.tokens().accepts(token, Instant.now());
  }

  private void run() {
    try {
      while (!stop.await(LOOK_SECONDS, TimeUnit.SECONDS)) {
        look(Instant.now());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads the files again; whatever is wrong with them, the last good keys stay. */
  void look(Instant now) {
    try {
      state = read(folder, now);
      if (complaint != null) {
        LOG.info("keys and tokens readable again");
      }
      complaint = null;
    } catch (IOException | RuntimeException e) {
      String said = e.toString();
      if (!said.equals(complaint)) {
        complaint = said;
        LOG.warn("keys and tokens not usable, the last good ones stay error={}", said);
      }
    }
  }

  /** Why the newest files are not in use; null when they are. */
  public @Nullable String complaint() {
    return complaint;
  }

  private static State read(Path folder, Instant now) throws IOException {
    KeyRing ring = KeyRing.read(folder.resolve(KeyRing.KEYS_FILE));
    KeyRing.Entry signing = ring.signing(now);
    ProbeKeys keys = ProbeKeys.NONE;
    for (KeyRing.Entry entry : ring.entries()) {
      if (entry.isAccepted(now)) {
        keys = with(keys, entry, entry.equals(signing));
      }
    }
    if (!keys.required()) {
      throw new IOException("keys.json in " + folder + " has no key that may sign now");
    }
    return new State(keys, KeyRing.read(folder.resolve(KeyRing.TOKENS_FILE)));
  }

  private static ProbeKeys with(ProbeKeys keys, KeyRing.Entry entry, boolean sign)
      throws IOException {
    try {
      return keys.with(entry.id(), Base64.getDecoder().decode(entry.key()), sign);
    } catch (IllegalArgumentException e) {
      // The decoder's message may quote the key.
      throw new IOException(
          "key " + entry.id() + " in keys.json is not 16 bytes in base64 with a number up to 255");
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
