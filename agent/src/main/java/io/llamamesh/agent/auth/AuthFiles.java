package io.llamamesh.agent.auth;

import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.auth.FollowedRing;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.fabric.transport.MeshKeys;
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
 * that has not expired is accepted, and what the files no longer have for a while longer ({@link
 * FollowedRing}), so that mounts that refresh at different times never disagree. The files are read
 * every ten seconds; unusable ones leave the last good state in force.
 */
public final class AuthFiles implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AuthFiles.class);
  private static final long REFRESH_SECONDS = 10;

  private final Path folder;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private final FollowedRing ring;
  private final FollowedRing tokens;
  private volatile ProbeKeys keys;
  private volatile MeshKeys meshKeys;
  private volatile @Nullable String problem;

  private AuthFiles(Path folder, Instant now) throws IOException {
    this.folder = folder;
    this.ring = new FollowedRing(KeyRing.read(folder.resolve(KeyRing.KEYS_FILE)), now);
    this.keys = keys(ring, now);
    this.meshKeys = meshKeys(ring, now);
    this.tokens = new FollowedRing(KeyRing.read(folder.resolve(KeyRing.TOKENS_FILE)), now);
    this.thread = Thread.ofPlatform().name("auth-files").daemon(true).unstarted(this::run);
  }

  /**
   * Reads the files and follows their changes.
   *
   * @throws IOException when they are not there or not usable
   */
  public static AuthFiles open(Path folder) throws IOException {
    AuthFiles files = read(folder, Instant.now());
    files.thread.start();
    return files;
  }

  /** Reads the files, and follows them only as far as {@link #refresh} is called. */
  static AuthFiles read(Path folder, Instant now) throws IOException {
    return new AuthFiles(folder, now);
  }

  /** The keys that are valid now. */
  public ProbeKeys keys() {
    return keys;
  }

  /** The same keys for links between agents. */
  public MeshKeys meshKeys() {
    return meshKeys;
  }

  /** The token to show to others; empty when there is none. */
  public String bearer() {
    return bearer(Instant.now());
  }

  String bearer(Instant now) {
    KeyRing.Entry shown = tokens.signing(now);
    return shown == null ? "" : shown.key();
  }

  /** Returns whether a token is one of those that are valid now, in constant time. */
  public boolean accepts(String token) {
    return accepts(token, Instant.now());
  }

  boolean accepts(String token, Instant now) {
    return tokens.accepts(token, now);
  }

  private void run() {
    try {
      while (!stop.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
        refresh(Instant.now());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads the files again; whatever is wrong with them, the last good keys stay. */
  void refresh(Instant now) {
    try {
      KeyRing nextKeys = KeyRing.read(folder.resolve(KeyRing.KEYS_FILE));
      KeyRing nextTokens = KeyRing.read(folder.resolve(KeyRing.TOKENS_FILE));
      // Unusable files must not enter the rings.
      var _ = keys(new FollowedRing(nextKeys, now), now);
      ring.follow(nextKeys, now);
      tokens.follow(nextTokens, now);
      keys = keys(ring, now);
      meshKeys = meshKeys(ring, now);
      if (problem != null) {
        LOG.info("keys and tokens usable again");
      }
      problem = null;
    } catch (IOException | RuntimeException e) {
      String said = e.toString();
      if (!said.equals(problem)) {
        problem = said;
        LOG.warn("keys and tokens not usable, keeping the last good ones error={}", said);
      }
    }
  }

  /** Reason why the newest files are not in use; null when they are. */
  public @Nullable String problem() {
    return problem;
  }

  private ProbeKeys keys(FollowedRing ring, Instant now) throws IOException {
    KeyRing.Entry signing = ring.signing(now);
    ProbeKeys keys = ProbeKeys.NONE;
    for (KeyRing.Entry entry : ring.accepted(now)) {
      keys = with(keys, entry, entry.equals(signing));
    }
    if (!keys.isRequired()) {
      throw new IOException("keys.json in " + folder + " has no key that may sign now");
    }
    return keys;
  }

  /** The keys that {@link #keys} has checked. */
  private static MeshKeys meshKeys(FollowedRing ring, Instant now) {
    KeyRing.Entry signing = ring.signing(now);
    MeshKeys keys = MeshKeys.NONE;
    for (KeyRing.Entry entry : ring.accepted(now)) {
      keys = keys.with(entry.id(), Base64.getDecoder().decode(entry.key()), entry.equals(signing));
    }
    return keys;
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

  /** Stops following the files. */
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
