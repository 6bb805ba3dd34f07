package io.llamamesh.agent.kube;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watch of one ConfigMap by its name: lists it, then watches from the listed version on, and lists
 * again only when the API no longer keeps the version that was seen last. Retries for ever. Its own
 * virtual thread calls the listener.
 *
 * <p>No watch lasts long: a connection whose other end is gone without a word (a lost conntrack
 * entry, a load balancer that forgot it) looks like one on which nothing happens. So the API is
 * asked to end each watch soon, and a watch whose end does not arrive is given up a little later.
 */
public final class ConfigMapWatch implements AutoCloseable {

  /** Listener of the ConfigMap; called by one thread. */
  public interface Listener {

    /** Called with the data of the ConfigMap, also when nothing changed. */
    void present(Map<String, String> data);

    /** Called when it does not exist (any more). */
    void absent();

    /** Called when a request failed; it is retried. */
    void failed(IOException cause);
  }

  /**
   * Timeouts and pauses.
   *
   * @param watchFrom shortest time that the API is asked to keep a watch open
   * @param watchTo longest such time; drawn at random, so that agents do not reconnect at the same
   *     time
   * @param slack time by which the end of a watch may be late
   * @param list longest time of a list
   * @param firstPause pause after a first failure at most
   * @param longestPause pause after many failures at most
   */
  record Timing(
      Duration watchFrom,
      Duration watchTo,
      Duration slack,
      Duration list,
      Duration firstPause,
      Duration longestPause) {

    /** Changes are known within 45 s, whatever the connection; failures are retried within 20 s. */
    static final Timing STANDARD =
        new Timing(
            Duration.ofSeconds(30),
            Duration.ofSeconds(40),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(2),
            Duration.ofSeconds(20));

    /** Shortest time of a watch that resets the back-off. */
    long worthwhileNanos() {
      return watchFrom.toNanos() / 30;
    }
  }

  /** etcd's limit for an object is 1.5 MiB. */
  private static final int LONGEST_STRING = 4 << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
              .build());

  private static final Logger LOG = LoggerFactory.getLogger(ConfigMapWatch.class);

  /** Longest wait for the listener when closing. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private static final long NOT_ACCEPTED = Long.MIN_VALUE;

  private final ApiAccess api;
  private final String path;
  private final Listener listener;
  private final WatchContact contact;
  private final Timing timing;
  private final Backoff backoff;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Thread thread;
  private String version = "";

  /** Time at which the present watch was accepted, monotonic. */
  private long acceptedAt = NOT_ACCEPTED;

  private ConfigMapWatch(
      ApiAccess api,
      String namespace,
      String name,
      Listener listener,
      WatchContact contact,
      Timing timing) {
    this.api = api;
    this.path =
        "/api/v1/namespaces/" + namespace + "/configmaps?fieldSelector=metadata.name%3D" + name;
    this.listener = listener;
    this.contact = contact;
    this.timing = timing;
    this.backoff =
        new Backoff(timing.firstPause(), timing.longestPause(), RandomGenerator.getDefault());
    // Virtual, since then an interrupt ends a blocking read.
    this.thread = Thread.ofVirtual().name("config-watch").unstarted(this::run);
  }

  /**
   * Starts following; returns at once.
   *
   * @param contact records each answer
   */
  public static ConfigMapWatch start(
      ApiAccess api, String namespace, String name, Listener listener, WatchContact contact) {
    return start(api, namespace, name, listener, contact, Timing.STANDARD);
  }

  static ConfigMapWatch start(
      ApiAccess api,
      String namespace,
      String name,
      Listener listener,
      WatchContact contact,
      Timing timing) {
    ConfigMapWatch watch = new ConfigMapWatch(api, namespace, name, listener, contact, timing);
    watch.thread.start();
    return watch;
  }

  private void run() {
    while (stopping.getCount() > 0) {
      acceptedAt = NOT_ACCEPTED;
      try {
        if (version.isEmpty()) {
          list();
        }
        Duration asked = watch();
        contact.answered(api);
        long open = System.nanoTime() - acceptedAt;
        resetBackoffAfter(open);
        if (open < asked.toNanos() / 10 * 9) {
          // A server that stops may have ended many watches at once.
          pause(backoff.afterFailure());
        }
      } catch (GoneException e) {
        contact.answered(api);
        version = "";
        pause(backoff.afterFailure());
      } catch (IOException e) {
        if (stopping.getCount() > 0) {
          failed(e);
        }
      }
    }
  }

  private void failed(IOException cause) {
    contact.failed(api, cause);
    listener.failed(cause);
    if (acceptedAt != NOT_ACCEPTED) {
      resetBackoffAfter(System.nanoTime() - acceptedAt);
    }
    pause(
        cause instanceof RetryAfterException refused
            ? backoff.afterRefusal(refused.after())
            : backoff.afterFailure());
  }

  private void resetBackoffAfter(long nanos) {
    if (nanos >= timing.worthwhileNanos()) {
      backoff.reset();
    }
  }

  private void pause(long millis) {
    try {
      var _ = stopping.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void list() throws IOException {
    JsonNode list =
        within(
            timing.list(),
            deadline -> {
              try (InputStream body = api.get(path, timing.list())) {
                return JSON.readTree(body);
              }
            });
    contact.answered(api);
    String listed = list.path("metadata").path("resourceVersion").asText();
    if (listed.isEmpty()) {
      throw new IOException("the API's list has no resourceVersion");
    }
    JsonNode items = list.path("items");
    if (items.isEmpty()) {
      absent();
    } else {
      present(items.get(0));
    }
    version = listed;
  }

  /**
   * Watches until the end.
   *
   * @return for how long the API was asked to watch
   */
  private Duration watch() throws IOException {
    Duration asked =
        Duration.ofSeconds(
            ThreadLocalRandom.current()
                .nextLong(timing.watchFrom().toSeconds(), timing.watchTo().toSeconds() + 1));
    String from =
        "&watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + asked.toSeconds()
            + "&resourceVersion="
            + version;
    Duration patience = asked.plus(timing.slack());
    var _ =
        within(
            patience,
            deadline -> {
              try (InputStream body = api.get(path + from, patience);
                  MappingIterator<JsonNode> events =
                      JSON.readerFor(JsonNode.class).readValues(body)) {
                contact.answered(api);
                acceptedAt = System.nanoTime();
                while (events.hasNextValue()) {
                  JsonNode event = events.nextValue();
                  contact.answered(api);
                  deadline.pause();
                  handleEvent(event);
                  deadline.resume();
                }
              }
              return version;
            });
    return asked;
  }

  /** An exchange with the API that may take so long in all. */
  private interface Exchange<T> {
    T run(Deadline deadline) throws IOException;
  }

  private static <T> T within(Duration patience, Exchange<T> exchange) throws IOException {
    Deadline deadline = new Deadline(patience);
    try (deadline) {
      return exchange.run(deadline);
    } catch (IOException e) {
      throw deadline.isExpired() ? deadline.timeoutException() : e;
    }
  }

  private void handleEvent(JsonNode event) throws IOException {
    JsonNode object = event.path("object");
    String type = event.path("type").asText();
    switch (type) {
      case "ADDED", "MODIFIED" -> present(object);
      case "DELETED" -> absent();
      case "BOOKMARK" -> {
        // Carries the version only.
      }
      case "ERROR" -> {
        if (object.path("code").asInt() == 410) {
          throw new GoneException();
        }
        throw new IOException("the API ended the watch: " + object.path("message").asText());
      }
      default -> throw new IOException("the API sent an event of unknown type '" + type + "'");
    }
    String seen = object.path("metadata").path("resourceVersion").asText();
    version = seen.isEmpty() ? version : seen;
  }

  private void present(JsonNode object) {
    Map<String, String> data = new HashMap<>();
    object.path("data").properties().forEach(e -> data.put(e.getKey(), e.getValue().asText()));
    if (stopping.getCount() > 0) {
      listener.present(data);
    }
  }

  private void absent() {
    if (stopping.getCount() > 0) {
      listener.absent();
    }
  }

  /**
   * Stops the watch; the listener gets no new call. Waits a few seconds for one that is running,
   * but no longer: it may be blocked by others on a starved machine.
   */
  @Override
  public void close() {
    close(CLOSE_TIMEOUT);
  }

  void close(Duration patience) {
    stopping.countDown();
    thread.interrupt();
    try {
      if (!thread.join(patience)) {
        LOG.warn("config watch still busy at close seconds={}", patience.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
