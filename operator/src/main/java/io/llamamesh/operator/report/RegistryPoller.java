package io.llamamesh.operator.report;

import io.llamamesh.operator.status.RegistryView;
import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every mesh's registry who is registered, off the reconcile thread. While it does not answer,
 * or has just begun to fill again, the last list stays.
 *
 * <p>Any thread may call; {@link #close} ends its threads.
 */
public final class RegistryPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryPoller.class);
  private static final Duration EVERY = Duration.ofSeconds(5);

  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("registry-", 0).factory());
  private final ScheduledExecutorService clock;
  private final Map<String, PolledRegistry> registries = new ConcurrentHashMap<>();

  /** Starts polling; there is nothing to poll yet. */
  public static RegistryPoller start() {
    return new RegistryPoller(EVERY);
  }

  RegistryPoller(Duration every) {
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("registry-poller").daemon().factory());
    var _ = clock.scheduleWithFixedDelay(this::tick, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Says where a mesh's registry is now; replaces what was said before.
   *
   * @param mesh any key
   * @param urls where it may answer; empty: nowhere yet
   * @param token that it asks for, or null; asked on a thread of the poller
   * @param tags names of probes' tags that the mesh uses
   * @param last the probes that were registered when somebody last knew; taken the first time only
   * @param alive whether the mesh still exists; it is forgotten when not
   * @param onChange called on a thread of the poller after each change of the view
   */
  public void watch(
      String mesh,
      List<String> urls,
      Supplier<@Nullable String> token,
      Set<String> tags,
      Supplier<List<ListedProbe>> last,
      BooleanSupplier alive,
      Runnable onChange) {
    registries.compute(
        mesh,
        (key, polled) -> {
          PolledRegistry next =
              polled == null
                  ? new PolledRegistry(
                      RegistryView.of(last.get(), tags)
                          .withProblem(String.valueOf(RegistryView.NOT_ASKED.problem())))
                  : polled;
          next.urls = List.copyOf(urls);
          next.token = token;
          next.tags = Set.copyOf(tags);
          next.alive = alive;
          next.onChange = onChange;
          return next;
        });
  }

  /** Polls a mesh's registry no more, since it has none. */
  public void forget(String mesh) {
    registries.remove(mesh);
  }

  /** The latest view of a mesh's registry. */
  public RegistryView view(String mesh) {
    PolledRegistry polled = registries.get(mesh);
    return polled == null ? RegistryView.NOT_ASKED : polled.view;
  }

  private void tick() {
    try {
      registries.values().removeIf(polled -> !polled.alive.getAsBoolean());
    } catch (RuntimeException e) {
      // An exception here would end all polling silently; the next tick asks again.
      LOG.warn("checking whether a mesh exists failed", e);
    }
    for (PolledRegistry polled : registries.values()) {
      if (polled.asking.compareAndSet(false, true)) {
        try {
          threads.execute(() -> {
            try {
              polled.accept(ask(polled));
            } catch (RuntimeException e) {
              LOG.warn("asking a registry failed", e);
            } finally {
              polled.asking.set(false);
            }
          });
        } catch (RejectedExecutionException e) {
          LOG.debug("closed while a registry was to be asked");
        }
      }
    }
  }

  private static RegistryView ask(PolledRegistry polled) {
    RegistryView known = polled.view;
    String problem = "no pod of the registry runs";
    if (polled.urls.isEmpty()) {
      return known.withProblem(problem);
    }
    String token = polled.token.get();
    if (token == null) {
      return known.withProblem("its token cannot be read, see spec.registration.tokenSecret");
    }
    for (String url : polled.urls) {
      try {
        String login = "operator:" + URLEncoder.encode(token, StandardCharsets.UTF_8) + "@";
        RegistryClient client = RegistryClient.of("http://" + login + url, null, null);
        return RegistryView.of(client.list(), polled.tags);
      } catch (IOException e) {
        problem = String.valueOf(e.getMessage());
      }
    }
    return known.withProblem(problem);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    threads.shutdownNow();
  }

  /** One mesh's; its fields are written by one asker at a time and read by any thread. */
  private static final class PolledRegistry {
    final AtomicBoolean asking = new AtomicBoolean();
    volatile List<String> urls = List.of();
    volatile Supplier<@Nullable String> token = () -> null;
    volatile Set<String> tags = Set.of();
    volatile BooleanSupplier alive = () -> true;
    volatile Runnable onChange = () -> {};
    volatile RegistryView view;

    PolledRegistry(RegistryView first) {
      this.view = first;
    }

    void accept(RegistryView next) {
      if (!next.equals(view)) {
        view = next;
        onChange.run();
      }
    }
  }
}
