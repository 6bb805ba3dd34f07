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
 * Writes Kubernetes Events about a mesh. One that cannot be written is logged: the status says the
 * same.
 */
public final class EventWriter {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int MAX_NOTE = 1024;

  private final KubernetesClient client;

  public EventWriter(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Writes one.
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
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      LOG.warn(
          "event not written mesh={}/{} reason={} problem={}",
          mesh.namespace(),
          mesh.name(),
          reason,
          e.getMessage());
    }
  }
}
