package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.Names;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Kubernetes Events about a mesh, and reads those about its pods. An Event that cannot be
 * written is logged: the status says the same.
 */
public final class EventWriter {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  private static final int MAX_NOTE = 1024;
  private static final long MAX_READ = 50;

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

  /**
   * Messages of the latest Events about an object, newest last; empty where they cannot be read.
   *
   * @param kind of the object
   * @param name of the object
   * @param reason of the Events
   */
  public List<String> read(String namespace, String kind, String name, String reason) {
    try {
      return client
          .v1()
          .events()
          .inNamespace(namespace)
          .withField("involvedObject.kind", kind)
          .withField("involvedObject.name", name)
          .withField("reason", reason)
          .list(
              new io.fabric8.kubernetes.api.model.ListOptionsBuilder().withLimit(MAX_READ).build())
          .getItems()
          .stream()
          .sorted(java.util.Comparator.comparing(e -> String.valueOf(e.getLastTimestamp())))
          .map(e -> String.valueOf(e.getMessage()))
          .toList();
    } catch (KubernetesClientException e) {
      LOG.debug("events not read namespace={} problem={}", namespace, e.getMessage());
      return List.of();
    }
  }
}
