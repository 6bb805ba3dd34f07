package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.Names;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes Events about a mesh, in their order and in the background. One that cannot be
 * written is logged: the status says the same.
 */
public final class EventWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int MAX_NOTE = 1024;

  private final OptionalWrites writes;

  public EventWriter(KubernetesClient client) {
    this.writes = new OptionalWrites("events", client);
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
            .withGenerateName(mesh.name() + ".")
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
            .withComponent(Writer.FIELD_MANAGER)
            .endSource()
            .withFirstTimestamp(time)
            .withLastTimestamp(time)
            .withCount(1)
            .build();
    if (!writes.submit(client -> create(client, event, mesh))) {
      failed(mesh, reason, "too many are waiting");
    }
  }

  private static void create(KubernetesClient client, Event event, Owner mesh) {
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      failed(mesh, event.getReason(), String.valueOf(e.getMessage()));
    }
  }

  private static void failed(Owner mesh, String reason, String problem) {
    LOG.warn(
        "event not written mesh={}/{} reason={} problem={}",
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
