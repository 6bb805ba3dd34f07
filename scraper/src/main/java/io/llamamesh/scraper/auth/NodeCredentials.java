package io.llamamesh.scraper.auth;

import io.llamamesh.auth.KeyRing;
import io.llamamesh.keys.KeyClient;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.ReaderKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials of single nodes, where each has its own: tokens that open their agents' APIs, and how
 * a node is known by the token that it posts with. Fetched from the operator by the pod's token
 * once a minute; the last ones are used for as long as no newer ones come.
 *
 * <p>Thread-safe; {@link #close} ends the thread that fetches.
 */
public final class NodeCredentials implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeCredentials.class);
  private static final Duration FETCH_EVERY = Duration.ofMinutes(1);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

  private final Path folder;
  private final Fetch fetch;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile @Nullable Known known;
  private Duration retry = FIRST_RETRY;
  private @Nullable String problem;

  /** Fetches the document of this pod. */
  @FunctionalInterface
  interface Fetch {
    byte[] fetch(KeyService service, Path folder) throws IOException;
  }

  /**
   * A document in the shape that is asked for.
   *
   * @param reads rings of read tokens by node
   * @param posters nodes by the hashes of their post tokens
   * @param byMeshToken nodes that still post by the mesh's token
   */
  private record Known(
      Map<String, KeyRing> reads, Map<String, String> posters, Set<String> byMeshToken) {
    static Known of(ReaderKeys keys) {
      Map<String, KeyRing> reads = new HashMap<>();
      Map<String, String> posters = new HashMap<>();
      Set<String> byMeshToken = new HashSet<>();
      for (ReaderKeys.NodeTokens node : keys.nodes()) {
        reads.put(node.name(), new KeyRing(node.reads()));
        node.posts().forEach(hash -> posters.put(hash, node.name()));
        if (node.usesMeshToken()) {
          byMeshToken.add(node.name());
        }
      }
      return new Known(reads, posters, byMeshToken);
    }
  }

  NodeCredentials(Path folder, Fetch fetch, InstantSource clock, RandomGenerator random) {
    this.folder = folder;
    this.fetch = fetch;
    this.clock = clock;
    this.random = random;
    this.thread = Thread.ofVirtual().name("node-keys").unstarted(this::run);
  }

  /**
   * Starts to fetch; returns at once.
   *
   * @param folder with keys, tokens, the pod's own token and where to show it
   */
  public static NodeCredentials start(Path folder) {
    NodeCredentials credentials =
        new NodeCredentials(
            folder, KeyClient::fetch, InstantSource.system(), RandomGenerator.getDefault());
    credentials.thread.start();
    return credentials;
  }

  /** True once they have been fetched. */
  public boolean isKnown() {
    return known != null;
  }

  /**
   * Tokens that open the API of a node's agent, the one to show first; empty where none is known.
   */
  public List<String> readTokens(String node) {
    Known now = known;
    KeyRing ring = now == null ? null : now.reads().get(node);
    if (ring == null) {
      return List.of();
    }
    Instant time = clock.instant();
    KeyRing.Entry first = ring.signing(time);
    List<String> tokens = new ArrayList<>();
    if (first != null) {
      tokens.add(first.key());
      for (KeyRing.Entry entry : ring.entries()) {
        if (entry.isAccepted(time) && !entry.equals(first)) {
          tokens.add(entry.key());
        }
      }
    }
    return List.copyOf(tokens);
  }

  /** The node that posts by a token; null where it is none's. */
  public @Nullable String poster(String token) {
    Known now = known;
    return now == null ? null : now.posters().get(KeyDerivation.hash(token));
  }

  /** True for a node whose agent has no token of its own yet, so that it posts by the mesh's. */
  public boolean usesMeshToken(String node) {
    Known now = known;
    return now != null && now.byMeshToken().contains(node);
  }

  private void run() {
    try {
      Duration pause = refresh();
      while (!stop.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        pause = refresh();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Fetches; returns the time until it is due again. Whatever goes wrong, the last ones stay. */
  Duration refresh() {
    try {
      KeyService service = KeyService.read(folder);
      ReaderKeys keys = ReaderKeys.parse(fetch.fetch(service, folder));
      if (!keys.mesh().equals(service.mesh())) {
        throw new IOException("got keys of another mesh");
      }
      boolean isFirst = known == null;
      known = Known.of(keys);
      retry = FIRST_RETRY;
      if (isFirst || problem != null) {
        LOG.info("keys of nodes fetched url={} nodes={}", service.url(), keys.nodes().size());
      }
      problem = null;
      return FETCH_EVERY;
    } catch (IOException | RuntimeException e) {
      String said = e.toString();
      if (!said.equals(problem)) {
        problem = said;
        LOG.warn("keys of nodes not fetched, keeping the last ones error={}", said);
      }
      long millis = retry.toMillis();
      Duration pause = Duration.ofMillis(random.nextLong(millis / 2, millis + 1));
      Duration doubled = retry.multipliedBy(2);
      retry = doubled.compareTo(FETCH_EVERY) < 0 ? doubled : FETCH_EVERY;
      return pause;
    }
  }

  /** Stops fetching; a request that is under way is not waited for. */
  @Override
  public void close() {
    stop.countDown();
    thread.interrupt();
  }
}
