package io.llamamesh.scraper.run;

import io.llamamesh.client.BurstsClient;
import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.results.BurstReport;
import io.llamamesh.scraper.fabric.FabricWatcher.Voice;
import io.llamamesh.scraper.web.PageBursts;
import io.llamamesh.scraper.web.RefusedBurstException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bursts of the page: one agent with a fabric is asked, which has the others take part, and is
 * asked again until all have answered. What may be asked of a node is the agents' to decide; here
 * is one burst of a target at a time, {@value #MAX_RUNNING} in all, and {@value #REMEMBERED} that
 * are remembered. Thread-safe; {@link #close} ends its threads.
 */
final class BurstRelay implements PageBursts, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BurstRelay.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(500);

  /** Time after the last probe within which an agent has all answers, and some more. */
  private static final Duration SLACK = Duration.ofSeconds(8);

  /** An answer of a mesh of 1,000 agents has some 10 MB. */
  private static final int MAX_BYTES = 32 << 20;

  private static final int MAX_RUNNING = 4;
  private static final int REMEMBERED = 16;
  private static final int UNAVAILABLE = 503;
  private static final int CONFLICT = 409;
  private static final int BAD_GATEWAY = 502;

  private final Supplier<List<Voice>> agents;
  private final boolean isGuarded;
  private final Duration slack;
  private final BurstsClient client;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("page-burst-", 0).factory());
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Object lock = new Object();

  // Guarded by lock.
  private final SequencedMap<String, BurstReport> known = new LinkedHashMap<>();
  private final Set<String> busy = new HashSet<>();

  /**
   * A relay.
   *
   * @param agents agents with a fabric that answer now
   * @param isGuarded true if there are tokens of who may act: else none is started
   * @param token the token that agents ask of who acts; null: none
   */
  BurstRelay(Supplier<List<Voice>> agents, boolean isGuarded, Supplier<@Nullable String> token) {
    this(agents, isGuarded, token, SLACK);
  }

  BurstRelay(
      Supplier<List<Voice>> agents,
      boolean isGuarded,
      Supplier<@Nullable String> token,
      Duration slack) {
    this.agents = agents;
    this.isGuarded = isGuarded;
    this.slack = slack;
    this.client =
        new BurstsClient(
            ClientOptions.standard().withTimeout(TIMEOUT).withMaxBytes(MAX_BYTES).withToken(token));
  }

  @Override
  public @Nullable String unavailableReason() {
    if (!isGuarded) {
      return "a burst takes a token, and this scraper was given none: see"
          + " spec.scraper.tokenSecret, or --action-token-file";
    }
    return agents.get().isEmpty() ? "no agent with the fabric answers this scraper now" : null;
  }

  @Override
  public BurstReport start(Order order) throws RefusedBurstException, InterruptedException {
    String unavailable = unavailableReason();
    if (unavailable != null) {
      throw new RefusedBurstException(isGuarded ? UNAVAILABLE : 403, unavailable);
    }
    reserve(order.target());
    boolean isFollowed = false;
    try {
      Started started = ask(order);
      remember(started.burst());
      LOG.info(
          "burst asked for id={} target={} pps={} seconds={} by=\"{}\" agent={}",
          started.burst().id(),
          order.target(),
          order.pps(),
          order.seconds(),
          order.by(),
          started.voice().node());
      var _ = threads.submit(() -> follow(started, order.target()));
      isFollowed = true;
      return started.burst();
    } finally {
      if (!isFollowed) {
        release(order.target());
      }
    }
  }

  private record Started(BurstReport burst, Voice voice) {}

  private void reserve(String target) throws RefusedBurstException {
    synchronized (lock) {
      if (busy.contains(target)) {
        String other =
            known.sequencedValues().reversed().stream()
                .filter(burst -> burst.target().equals(target) && !burst.isDone())
                .map(burst -> ", asked for by " + burst.by())
                .findFirst()
                .orElse("");
        throw new RefusedBurstException(
            CONFLICT, "a burst at " + target + " is on its way already" + other);
      }
      if (busy.size() >= MAX_RUNNING) {
        throw new RefusedBurstException(
            CONFLICT, busy.size() + " bursts are on their way already, which is the most");
      }
      busy.add(target);
    }
  }

  private void release(String target) {
    synchronized (lock) {
      busy.remove(target);
    }
  }

  private void remember(BurstReport burst) {
    synchronized (lock) {
      known.put(burst.id(), burst);
      while (known.size() > REMEMBERED) {
        known.pollFirstEntry();
      }
    }
  }

  /**
   * Asks agents in turn; another one only where the one before cannot be reached. Should it have
   * begun all the same, the others are busy with that burst and say so.
   */
  private Started ask(Order order) throws RefusedBurstException, InterruptedException {
    List<Voice> all = new ArrayList<>(agents.get());
    // The target itself would be a bad witness of its own answers.
    all.sort((a, b) -> Boolean.compare(isTarget(a, order), isTarget(b, order)));
    String problem = "no agent with the fabric answers this scraper now";
    Duration length = Duration.ofMillis(Math.round(order.seconds() * 1_000));
    for (Voice voice : all) {
      try {
        BurstReport burst =
            client.start(voice.agent(), order.target(), order.pps(), length, order.by());
        if (!burst.target().equals(order.target())) {
          throw new RefusedBurstException(
              BAD_GATEWAY, voice.node() + " answers of a burst at another node");
        }
        return new Started(burst, voice);
      } catch (ClientException e) {
        problem = voice.node() + ": " + (e.reason() == null ? e.getMessage() : e.reason());
        switch (e.kind()) {
          case UNREACHABLE ->
              LOG.warn("burst not asked for agent={} error={}", voice.node(), e.getMessage());
          case TOKEN_REFUSED ->
              throw new RefusedBurstException(
                  BAD_GATEWAY, voice.node() + " does not accept the scraper's own token");
          case STATUS -> throw new RefusedBurstException(statusFor(e.status()), problem);
          default -> throw new RefusedBurstException(BAD_GATEWAY, problem);
        }
      }
    }
    throw new RefusedBurstException(UNAVAILABLE, problem);
  }

  private static boolean isTarget(Voice voice, Order order) {
    return voice.node().equals(order.target());
  }

  /** What an agent answers is the client's business, but for what is between us and the agent. */
  private static int statusFor(int agents) {
    return switch (agents) {
      case 400, 404, 409, 503 -> agents;
      default -> BAD_GATEWAY;
    };
  }

  /** Reads the answers until all have come, or should have. */
  private void follow(Started started, String target) {
    BurstReport burst = started.burst();
    try {
      Duration most = Duration.ofMillis(Math.round(burst.seconds() * 1_000)).plus(slack);
      long deadline = System.nanoTime() + most.toNanos();
      while (!burst.isDone() && System.nanoTime() - deadline < 0) {
        if (closed.await(POLL_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
        burst = read(started.voice(), burst);
        remember(burst);
      }
      LOG.info(
          "burst done id={} target={} answered={} missing={}",
          burst.id(),
          target,
          burst.answered(),
          burst.missing().size());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      remember(burst.ended());
      release(target);
    }
  }

  private BurstReport read(Voice voice, BurstReport last) throws InterruptedException {
    try {
      BurstReport read = client.burst(voice.agent(), last.id());
      return read.id().equals(last.id()) ? read : last;
    } catch (ClientException e) {
      LOG.warn("burst not read id={} agent={} error={}", last.id(), voice.node(), e.getMessage());
      return last;
    }
  }

  @Override
  public Optional<BurstReport> find(String id) {
    synchronized (lock) {
      return Optional.ofNullable(known.get(id));
    }
  }

  @Override
  public List<BurstReport> recent() {
    synchronized (lock) {
      return List.copyOf(known.sequencedValues().reversed());
    }
  }

  @Override
  public void close() {
    closed.countDown();
    client.close();
    threads.shutdownNow();
  }
}
