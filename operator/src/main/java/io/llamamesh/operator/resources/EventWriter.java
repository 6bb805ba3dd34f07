package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.Names;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes Events about a mesh, in their order and in the background. Each is tried for
 * about half a minute, as long as a server or somebody's webhook takes to come back; one that
 * cannot be written is logged: the status says the same.
 */
public final class EventWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int MAX_NOTE = 1024;
  private static final int TOO_MANY_REQUESTS = 429;

  /** Before each further try. */
  private static final List<Duration> BACKOFF =
      Stream.of(1, 2, 4, 8, 16).map(Duration::ofSeconds).toList();

  private final BestEffortWriter writes;

  /**
   * Whether the last one was given up: then the next are tried once, so that none waits for long.
   * Owned by the thread that writes.
   */
  private boolean givenUp;

  public EventWriter(KubernetesClient client) {
    this.writes = new BestEffortWriter("events", client);
  }

  /**
   * Has one written; returns at once.
   *
   * @param warning its type is Warning, else Normal
   * @param reason in CamelCase
   * @param note for people
   */
  public void write(Owner mesh, boolean warning, String reason, String note, Instant now) {
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    Event event =
        new EventBuilder()
            .withNewMetadata()
            // Not the server's choice: a try whose answer got lost must not make a second one.
            .withName(mesh.name() + "." + Long.toHexString(ThreadLocalRandom.current().nextLong()))
            .withNamespace(mesh.namespace())
            .endMetadata()
            .withNewInvolvedObject()
            .withApiVersion(Names.GROUP + "/v1alpha1")
            .withKind("LlamaMesh")
            .withName(mesh.name())
            .withNamespace(mesh.namespace())
            .withUid(mesh.uid())
            .endInvolvedObject()
            .withType(warning ? "Warning" : "Normal")
            .withReason(reason)
            .withMessage(note.length() > MAX_NOTE ? note.substring(0, MAX_NOTE - 1) + "…" : note)
            .withNewSource()
            .withComponent(ObjectWriter.FIELD_MANAGER)
            .endSource()
            .withFirstTimestamp(time)
            .withLastTimestamp(time)
            .withCount(1)
            .build();
    if (!writes.trySubmit(client -> create(client, event, mesh))) {
      failed(mesh, reason, "too many are waiting");
    }
  }

  private void create(KubernetesClient client, Event event, Owner mesh) {
    Iterator<Duration> pauses = (givenUp ? List.<Duration>of() : BACKOFF).iterator();
    try {
      while (true) {
        KubernetesClientException problem = tryCreate(client, event);
        boolean again = problem != null && isTransient(problem);
        if (again && pauses.hasNext()) {
          Thread.sleep(pauses.next());
          continue;
        }
        givenUp = again;
        if (problem != null) {
          failed(mesh, event.getReason(), String.valueOf(problem.getMessage()));
        }
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The failure; null: none. */
  private static @Nullable KubernetesClientException tryCreate(
      KubernetesClient client, Event event) {
    try {
      client.resource(event).create();
      return null;
    } catch (KubernetesClientException e) {
      // An earlier try came through.
      return e.getCode() == HttpURLConnection.HTTP_CONFLICT ? null : e;
    }
  }

  /**
   * Whether it may be otherwise soon: no answer, too many requests, a server or webhook in need.
   */
  private static boolean isTransient(KubernetesClientException e) {
    return e.getCode() <= 0
        || e.getCode() == TOO_MANY_REQUESTS
        || e.getCode() >= HttpURLConnection.HTTP_INTERNAL_ERROR;
  }

  private static void failed(Owner mesh, String reason, String problem) {
    LOG.warn(
        "event not written mesh={}/{} reason={} error={}",
        mesh.namespace(),
        mesh.name(),
        reason,
        problem);
  }

  @Override
  public void close() {
    writes.close();
  }
}
