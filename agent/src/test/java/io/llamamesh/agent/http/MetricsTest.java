package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.TestCounters;
import io.llamamesh.agent.collector.TestWindows;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.http.EventStreams;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Everything that is dropped or decided anywhere in an agent has a series of its own. */
class MetricsTest {

  private static final List<String> SERIES =
      """
      llamamesh_probes_total{outcome="sent"}
      llamamesh_probes_total{outcome="received"}
      llamamesh_probes_total{outcome="lost"}
      llamamesh_probes_total{outcome="refused"}
      llamamesh_probes_total{outcome="send_error"}
      llamamesh_probes_total{outcome="skipped"}
      llamamesh_probes_total{outcome="stalled"}
      llamamesh_probes_total{outcome="own_drop"}
      llamamesh_probes_total{outcome="overload"}
      llamamesh_probes_total{outcome="late"}
      llamamesh_probes_total{outcome="duplicate"}
      llamamesh_probes_total{outcome="reordered"}
      llamamesh_probes_total{outcome="corrupt"}
      llamamesh_probes_total{outcome="forward_lost"}
      llamamesh_probes_total{outcome="return_lost"}
      llamamesh_probes_total{outcome="suppressed"}
      llamamesh_probes_total{outcome="too_big"}
      llamamesh_probes_total{outcome="dscp_rewritten"}
      llamamesh_collector_events_total{event="agent_paused"}
      llamamesh_collector_events_total{event="flights_full"}
      llamamesh_collector_events_total{event="not_a_probe"}
      llamamesh_collector_events_total{event="garbled"}
      llamamesh_collector_events_total{event="checksum"}
      llamamesh_collector_events_total{event="unexpected"}
      llamamesh_collector_events_total{event="clock_step"}
      llamamesh_collector_events_total{event="network_error"}
      llamamesh_collector_events_total{event="window"}
      llamamesh_collector_events_total{event="port_taken"}
      llamamesh_collector_events_total{event="ports_renewed"}
      llamamesh_collector_events_total{event="unkeyed_answer"}
      llamamesh_collector_events_total{event="hello"}
      llamamesh_collector_events_total{event="unproven_error"}
      llamamesh_collector_events_total{event="foreign_answer"}
      llamamesh_collector_events_total{event="false_goodbye"}
      llamamesh_network_errors_total{reason="port_unreachable"}
      llamamesh_send_errors_total{reason="no_buffer"}
      llamamesh_send_errors_total{reason="unreachable"}
      llamamesh_send_errors_total{reason="denied"}
      llamamesh_send_errors_total{reason="too_big"}
      llamamesh_send_errors_total{reason="failed"}
      llamamesh_collector_flows
      llamamesh_collector_flows_missing
      llamamesh_collector_peers{state="up"}
      llamamesh_collector_peers{state="suspect"}
      llamamesh_collector_peers{state="down"}
      llamamesh_collector_peers{state="refused"}
      llamamesh_collector_peers{state="draining"}
      llamamesh_reflector_datagrams_total{verdict="reflected"}
      llamamesh_reflector_datagrams_total{verdict="malformed"}
      llamamesh_reflector_datagrams_total{verdict="marked_reply"}
      llamamesh_reflector_datagrams_total{verdict="from_reflector"}
      llamamesh_reflector_datagrams_total{verdict="seen_before"}
      llamamesh_reflector_datagrams_total{verdict="over_limit"}
      llamamesh_reflector_datagrams_total{verdict="unkeyed"}
      llamamesh_reflector_datagrams_total{verdict="send_failed"}
      llamamesh_reflector_overflows_total
      llamamesh_reflector_bursts_total
      llamamesh_reflector_checksums_total
      llamamesh_reflector_pauses_total
      llamamesh_reflector_replayed_total
      llamamesh_reflector_stalled_total
      llamamesh_reflector_not_by_pair_total
      llamamesh_collector_targets_by_pair
      llamamesh_reflector_other_senders_total
      llamamesh_reflector_receive_buffer_bytes
      llamamesh_push_posts_total
      llamamesh_push_failures_total
      llamamesh_push_given_up_windows_total
      llamamesh_push_backlog_windows
      llamamesh_windows_retained
      llamamesh_windows_evicted_total
      llamamesh_config_applied_total
      llamamesh_config_refused_total
      llamamesh_config_current
      llamamesh_config_ignored_keys
      llamamesh_config_skipped_targets
      llamamesh_config_watch_age_seconds
      llamamesh_config_watch_failures_total
      llamamesh_kubernetes_certificate_refusals_total
      llamamesh_auth_current
      """
          .lines()
          .toList();

  private static String page(CollectorCounters counters) throws Exception {
    AtomicLong clock = new AtomicLong();
    WindowArchive archive = new WindowArchive("boot");
    TestWindows.publish(archive, 3);
    AgentState state =
        new AgentState(
            "test",
            List::of,
            () -> 425_984,
            () -> null,
            counters::flows,
            List::of,
            () -> ConfigState.NONE,
            new WatchContact(clock::get),
            () -> "broken",
            () -> null,
            FabricServices.off(),
            Map::of,
            archive,
            counters,
            new ReflectorCounters(),
            null);
    clock.set(12_500_000_000L);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    EventStreams streams = new EventStreams(1);
    SharedStateApi shared =
        new SharedStateApi(state.services(), TokenCheck.OPEN, TokenCheck.OPEN, streams);
    new Metrics(state, streams, shared).page(Query.parse(null)).body().write(bytes);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void everyKindOfDropAndOutcomeHasItsSeries() throws Exception {
    List<String> names =
        page(new CollectorCounters())
            .lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.substring(0, line.lastIndexOf(' ')))
            .toList();

    assertThat(names).containsAll(SERIES).doesNotHaveDuplicates();
    // One that is new belongs into the list above, but for the reasons that routers give.
    assertThat(names)
        .filteredOn(name -> !name.startsWith("llamamesh_network_errors"))
        .allMatch(SERIES::contains);
  }

  @Test
  void eachSeriesHasItsOwnNumberInBaseUnits() throws Exception {
    assertThat(page(TestCounters.distinct()).lines())
        .contains(
            "llamamesh_probes_total{outcome=\"sent\"} 100.0",
            "llamamesh_probes_total{outcome=\"lost\"} 112.0",
            "llamamesh_probes_total{outcome=\"overload\"} 116.0",
            "llamamesh_probes_total{outcome=\"suppressed\"} 118.0",
            "llamamesh_probes_total{outcome=\"forward_lost\"} 132.0",
            "llamamesh_collector_events_total{event=\"agent_paused\"} 200.0",
            "llamamesh_collector_events_total{event=\"not_a_probe\"} 202.0",
            "llamamesh_collector_flows 64.0",
            "llamamesh_collector_flows_missing 7.0",
            "llamamesh_collector_peers{state=\"draining\"} 4.0",
            "llamamesh_reflector_receive_buffer_bytes 425984.0",
            "llamamesh_windows_retained 3.0",
            "llamamesh_config_watch_age_seconds 12.5",
            "llamamesh_auth_current 0.0");
  }
}
