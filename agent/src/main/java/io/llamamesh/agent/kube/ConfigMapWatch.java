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

/**
 * Follows one ConfigMap by its name: lists it, then watches from the listed version on, and lists
 * again only when the API no longer keeps the version that was seen last. Goes on for ever,
 * whatever fails. Its own virtual thread calls the listener.
 */
public final class ConfigMapWatch implements AutoCloseable {

  /** Hears what becomes of the ConfigMap; called by one thread. */
  public interface Listener {

    /** It exists and holds this; told again when nothing changed. */
    void present(Map<String, String> data);

    /** It does not exist (any more). */
    void absent();

    /** The API cannot be asked now; it is tried again. */
    void failed(IOException cause);
  }

  /** How long the API is asked to keep a watch open, and how much later it is given up. */
  private static final Duration WATCH = Duration.ofMinutes(5);

  private static final Duration LIST = Duration.ofSeconds(10);
  private static final Duration SILENCE = WATCH.plusSeconds(30);
  private static final long FIRST_PAUSE_MILLIS = 500;
  private static final long LONGEST_PAUSE_MILLIS = 30_000;

  /** An API that ends watches this soon is not asked again at once. */
  private static final long SHORT_NANOS = 1_000_000_000L;

  /** etcd's limit for an object is 1.5 MiB. */
  private static final int LONGEST_STRING = 4 << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
              .build());

  private final ApiAccess api;
  private final String path;
  private final Listener listener;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Thread thread;
  private String version = "";

  private ConfigMapWatch(ApiAccess api, String namespace, String name, Listener listener) {
    this.api = api;
    this.path =
        "/api/v1/namespaces/" + namespace + "/configmaps?fieldSelector=metadata.name%3D" + name;
    this.listener = listener;
    // Virtual, since then an interrupt ends a blocking read.
    this.thread = Thread.ofVirtual().name("config-watch").unstarted(this::run);
  }

  /** Starts following; returns at once. */
  public static ConfigMapWatch start(
      ApiAccess api, String namespace, String name, Listener listener) {
    ConfigMapWatch watch = new ConfigMapWatch(api, namespace, name, listener);
    watch.thread.start();
    return watch;
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    while (stopping.getCount() > 0) {
      long began = System.nanoTime();
      try {
        if (version.isEmpty()) {
          list();
        }
        pause = FIRST_PAUSE_MILLIS;
        watch();
        if (System.nanoTime() - began < SHORT_NANOS) {
          pause(FIRST_PAUSE_MILLIS);
        }
      } catch (GoneException e) {
        version = "";
        pause(FIRST_PAUSE_MILLIS);
      } catch (IOException e) {
        if (stopping.getCount() > 0) {
          listener.failed(e);
          pause(pause);
          pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
      }
    }
  }

  /** Waits, but not the same time as all the other agents that lost the same API. */
  private void pause(long millis) {
    try {
      var _ =
          stopping.await(
              ThreadLocalRandom.current().nextLong(millis / 2, millis), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void list() throws IOException {
    JsonNode list;
    try (InputStream body = api.get(path, LIST)) {
      list = JSON.readTree(body);
    }
    String listed = list.path("metadata").path("resourceVersion").asText();
    if (listed.isEmpty()) {
      throw new IOException("the API's list has no resourceVersion");
    }
    JsonNode items = list.path("items");
    if (items.isEmpty()) {
      listener.absent();
    } else {
      present(items.get(0));
    }
    version = listed;
  }

  private void watch() throws IOException {
    String from =
        "&watch=true&allowWatchBookmarks=true&timeoutSeconds="
            + WATCH.toSeconds()
            + "&resourceVersion="
            + version;
    try (InputStream body = api.get(path + from, SILENCE);
        MappingIterator<JsonNode> events = JSON.readerFor(JsonNode.class).readValues(body)) {
      while (events.hasNextValue()) {
        take(events.nextValue());
      }
    }
  }

  private void take(JsonNode event) throws IOException {
    JsonNode object = event.path("object");
    String type = event.path("type").asText();
    switch (type) {
      case "ADDED", "MODIFIED" -> present(object);
      case "DELETED" -> listener.absent();
      case "BOOKMARK" -> {
        // Tells the version only.
      }
      case "ERROR" -> {
        if (object.path("code").asInt() == 410) {
          throw new GoneException();
        }
        throw new IOException("the API ended the watch: " + object.path("message").asText());
      }
      default -> throw new IOException("the API told an event of unknown type '" + type + "'");
    }
    String seen = object.path("metadata").path("resourceVersion").asText();
    version = seen.isEmpty() ? version : seen;
  }

  private void present(JsonNode object) {
    Map<String, String> data = new HashMap<>();
    object.path("data").properties().forEach(e -> data.put(e.getKey(), e.getValue().asText()));
    listener.present(data);
  }

  /** Stops following; returns when the listener hears nothing more, within a few seconds. */
  @Override
  public void close() {
    stopping.countDown();
    thread.interrupt();
    try {
      if (!thread.join(Duration.ofSeconds(5))) {
        throw new IllegalStateException("the watch of the config does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
