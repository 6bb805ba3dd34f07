package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads Events from the API server, selected there. Any thread may call. */
public final class EventReader implements EventLog {
  private static final Logger LOG = LoggerFactory.getLogger(EventReader.class);
  private static final long MAX_READ = 500;

  private final KubernetesClient client;

  public EventReader(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public List<ObjectEvent> read(
      String namespace, String kind, @Nullable String name, String reason) {
    try {
      FilterWatchListDeletable<Event, EventList, Resource<Event>> selected =
          client
              .v1()
              .events()
              .inNamespace(namespace)
              .withField("involvedObject.kind", kind)
              .withField("reason", reason);
      if (name != null) {
        selected = selected.withField("involvedObject.name", name);
      }
      return selected.list(new ListOptionsBuilder().withLimit(MAX_READ).build()).getItems().stream()
          .map(e ->
              new ObjectEvent(
                  String.valueOf(e.getInvolvedObject().getName()),
                  String.valueOf(e.getMessage()),
                  at(e)))
          .sorted(Comparator.comparing(ObjectEvent::at))
          .toList();
    } catch (KubernetesClientException e) {
      LOG.debug("events not read namespace={} error={}", namespace, e.getMessage());
      return List.of();
    }
  }

  /** Time of the last occurrence, in whichever field this kind of Event has it. */
  private static Instant at(Event event) {
    return Stream.of(
            event.getLastTimestamp(),
            event.getSeries() == null || event.getSeries().getLastObservedTime() == null
                ? null
                : event.getSeries().getLastObservedTime().getTime(),
            event.getEventTime() == null ? null : event.getEventTime().getTime(),
            event.getFirstTimestamp(),
            event.getMetadata().getCreationTimestamp())
        .map(EventReader::time)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(Instant.EPOCH);
  }

  private static @Nullable Instant time(@Nullable String text) {
    try {
      return text == null ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
