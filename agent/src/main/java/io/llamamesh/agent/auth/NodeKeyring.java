package io.llamamesh.agent.auth;

import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.keys.KeyClient;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.NodeKeys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys of this node, where each has its own: fetched from the operator by the pod's token each ten
 * minutes, and sooner where there are others. The last ones are kept in the state folder, readable
 * by this user only, and used for as long as no newer ones come: whatever is away, a restart
 * included.
 *
 * <p>Any thread may read; {@link #close} ends the thread that fetches.
 */
public final class NodeKeyring implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeKeyring.class);
  private static final String FILE = "node-keys.json";
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);
  private static final Duration FETCH_EVERY = Duration.ofMinutes(10);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

  /** All agents of a mesh learn within a minute that there are other keys. */
  private static final Duration SPREAD = Duration.ofSeconds(30);

  private final Path authDir;
  private final @Nullable Path file;
  private final @Nullable String node;
  private final Fetch fetch;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private final PairKeyring pairs = new PairKeyring();
  private volatile Set<String> targets = Set.of();
  private volatile @Nullable NodeKeys keys;
  private volatile @Nullable String problem;

  /** Somebody is probed who was not when keys were fetched last. */
  private volatile boolean hasNewTargets;

  private @Nullable Instant due;
  private @Nullable String dueFor;
  private Duration retry = FIRST_RETRY;

  /** Fetches the document of this pod's node. */
  @FunctionalInterface
  interface Fetch {
    byte[] fetch(KeyService service, Path authDir) throws IOException;
  }

  NodeKeyring(
      Path authDir,
      @Nullable Path stateDir,
      @Nullable String node,
      Fetch fetch,
      InstantSource clock,
      RandomGenerator random) {
    this.authDir = authDir;
    this.file = stateDir == null ? null : stateDir.resolve(FILE);
    this.node = node;
    this.fetch = fetch;
    this.clock = clock;
    this.random = random;
    NodeKeys last = kept();
    this.keys = last;
    if (last != null) {
      pairs.follow(last, clock.instant());
    }
    this.thread = Thread.ofVirtual().name("node-keys").unstarted(this::run);
  }

  /**
   * The keyring of a folder of keys and tokens; null where that has no token of the pod, so that
   * there are no keys of nodes.
   *
   * @param stateDir where the last keys are kept; null for nowhere
   * @param node name of this node; null where it is not known
   */
  public static @Nullable NodeKeyring open(
      Path authDir, @Nullable Path stateDir, @Nullable String node) {
    if (!Files.exists(authDir.resolve(KeyService.TOKEN_FILE))) {
      return null;
    }
    NodeKeyring keyring =
        new NodeKeyring(
            authDir,
            stateDir,
            node,
            KeyClient::fetch,
            InstantSource.system(),
            RandomGenerator.getDefault());
    keyring.thread.start();
    return keyring;
  }

  /** The token by which this node posts its own windows; empty while it has none. */
  public String postToken() {
    NodeKeys held = keys;
    String token = held == null ? null : held.postToken(clock.instant());
    return token == null ? "" : token;
  }

  /** Returns whether a token opens this node's API for reading, in constant time. */
  public boolean accepts(String token) {
    NodeKeys held = keys;
    return held != null && held.acceptsReader(token, clock.instant());
  }

  /** The mesh's keys of probes, and with them those of this node's pairs. */
  public ProbeKeys with(ProbeKeys mesh) {
    return pairs.with(mesh);
  }

  /**
   * Takes what the config says.
   *
   * @param isSignedByPair probes to members are signed by keys of pairs, as soon as both know them
   * @param names of all targets; keys are asked for where one is new, or has returned
   */
  public void apply(boolean isSignedByPair, Set<String> names) {
    Set<String> next = isSignedByPair ? Set.copyOf(names) : Set.of();
    if (!targets.containsAll(next)) {
      hasNewTargets = true;
    }
    targets = next;
    pairs.setSigning(isSignedByPair, next, clock.instant());
  }

  /**
   * Reason why this node cannot be probed by those that know it by its keys: it has none, though
   * the config asks for them; null where there is none.
   */
  public @Nullable String unreadyReason() {
    return pairs.isSigning() && keys == null ? "the keys of this node have not come yet" : null;
  }

  /** What there is of keys by pair; any thread may ask. */
  public PairKeyStatus status() {
    return new PairKeyStatus(
        keys != null,
        pairs.isSigning(),
        pairs.senderKeys(),
        pairs.provenTargets(),
        pairs.namedTargets());
  }

  /** Reason why the newest keys are not in use; null when they are. */
  public @Nullable String problem() {
    return problem;
  }

  private void run() {
    try {
      do {
        refresh();
      } while (!stop.await(pause().toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until the next look, or the next try where that is sooner. */
  private Duration pause() {
    Instant next = due;
    Duration left = next == null ? LOOK_EVERY : Duration.between(clock.instant(), next);
    Duration least = Duration.ofMillis(10);
    return left.compareTo(LOOK_EVERY) > 0 ? LOOK_EVERY : left.compareTo(least) < 0 ? least : left;
  }

  /** Fetches where it is time to; whatever goes wrong, the last keys stay. */
  void refresh() {
    try {
      Instant now = clock.instant();
      pairs.refresh(now);
      KeyService service = KeyService.read(authDir);
      plan(service, now);
      if (due == null || now.isBefore(due)) {
        return;
      }
      hasNewTargets = false;
      NodeKeys next = NodeKeys.parse(fetch.fetch(service, authDir));
      if (!next.mesh().equals(service.mesh()) || (node != null && !node.equals(next.node()))) {
        throw new IOException("got keys of node " + next.node() + " of another mesh or node");
      }
      keep(next);
      boolean isFirst = keys == null;
      keys = next;
      pairs.follow(next, now);
      due = now.plus(FETCH_EVERY);
      retry = FIRST_RETRY;
      if (isFirst || problem != null) {
        LOG.info("keys of this node fetched url={}", service.url());
      }
      problem = null;
    } catch (IOException | RuntimeException e) {
      due = clock.instant().plus(spread(retry));
      retry = min(retry.multipliedBy(2), LONGEST_RETRY);
      String said = "keys of this node not fetched: " + e.getMessage();
      if (!said.equals(problem)) {
        problem = said;
        LOG.warn("keys of this node not fetched, keeping the last ones error={}", e.toString());
      }
    }
  }

  /** Settles when to fetch next: at once without usable keys, soon where there are others. */
  private void plan(KeyService service, Instant now) {
    NodeKeys held = keys;
    if (held == null || !held.mesh().equals(service.mesh())) {
      due = due == null ? now : due;
    } else if (due == null) {
      // After a restart: those that were kept may be old.
      due = now.plus(millis(random.nextLong(SPREAD.toMillis())));
    } else if (!service.revision().equals(held.revision())
        && !service.revision().equals(dueFor)
        && problem == null) {
      due = min(due, now.plus(millis(random.nextLong(SPREAD.toMillis()))));
    } else if (hasNewTargets && problem == null) {
      // Whoever has come is probed, and probes, by keys that there are by now; who has returned
      // under its old name may be another node, with other ones.
      hasNewTargets = false;
      due = min(due, now.plus(millis(random.nextLong(SPREAD.toMillis()))));
    }
    dueFor = service.revision();
  }

  private Duration spread(Duration longest) {
    return millis(random.nextLong(longest.toMillis() / 2, longest.toMillis() + 1));
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  private static <T extends Comparable<T>> T min(T a, T b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private @Nullable NodeKeys kept() {
    if (file == null) {
      return null;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(NodeKeys.MAX_BYTES + 1);
      if (bytes.length > NodeKeys.MAX_BYTES) {
        throw new IOException("longer than " + NodeKeys.MAX_BYTES + " bytes");
      }
      return NodeKeys.parse(bytes);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException | RuntimeException e) {
      LOG.warn("kept keys of this node not usable file={} error={}", file, e.toString());
      return null;
    }
  }

  /** A crash leaves either the old or the new ones. */
  private void keep(NodeKeys next) {
    if (file == null) {
      return;
    }
    Path fresh = file.resolveSibling(FILE + ".new");
    try {
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(fresh, next.toJson());
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warn("keys of this node not kept error={}", e.toString());
    }
  }

  /** Stops fetching; a request that is under way is not waited for. */
  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
  }
}
