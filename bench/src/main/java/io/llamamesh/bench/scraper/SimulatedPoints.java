package io.llamamesh.bench.scraper;

import java.time.Instant;

/** An agent's windows as the JSON that a real one would have answered. */
record SimulatedPoints(SimulatedAgentWindows windows) {
  private static final double MICRO = 1e-3;

  /** The windows {@code first} to {@code last} of an agent. */
  String json(int agent, int first, int last) {
    StringBuilder out = new StringBuilder((last - first + 1) * windows.peers() * 1_000 + 2);
    out.append('[');
    for (int window = first; window <= last; window++) {
      String time = Instant.ofEpochSecond(windows.end(window)).toString();
      if (!windows.isHistory(window)) {
        reflected(agent, window, time, out);
      }
      for (int peer = 0; peer < windows.peers(); peer++) {
        pair(agent, peer, window, time, out);
      }
    }
    if (out.charAt(out.length() - 1) == ',') {
      out.setLength(out.length() - 1);
    }
    return out.append(']').toString();
  }

  private void reflected(int agent, int window, String time, StringBuilder out) {
    for (int peer = 0; peer < windows.peers(); peer++) {
      out.append("{\"measurement\":\"reflected_stats\",\"time\":\"").append(time);
      out.append("\",\"tags\":{\"dst_ip\":\"").append(address(agent));
      out.append("\",\"dst_name\":\"node-").append(agent);
      out.append("\",\"mesh\":\"bench\",\"src_ip\":\"")
          .append(address(windows.destination(agent, peer)))
          .append("\"},\"fields\":{\"reflected\":")
          .append(SimulatedAgentWindows.PROBES - SimulatedAgentWindows.mix(peer, agent, window) % 2)
          .append(".0}},");
    }
  }

  private void pair(int agent, int peer, int window, String time, StringBuilder out) {
    int lost = windows.lost(agent, peer, window);
    open("raw_stats", agent, peer, time, out);
    out.append("},\"fields\":{");
    fields(agent, peer, window, lost, windows.isHistory(window), out);
    out.append("}},");
    if (lost == 0 || windows.isHistory(window)) {
      return;
    }
    for (int port = 0; port < windows.ports(); port++) {
      open("path_stats", agent, peer, time, out);
      out.append(",\"src_port\":\"").append(25_000 + port);
      out.append("\"},\"fields\":{\"sent\":")
          .append(SimulatedAgentWindows.PROBES / windows.ports());
      out.append(".0,\"lost\":").append(port == 0 ? lost : 0).append(".0,\"rtt\":0.0715}},");
    }
  }

  private void open(String measurement, int agent, int peer, String time, StringBuilder out) {
    int destination = windows.destination(agent, peer);
    out.append("{\"measurement\":\"").append(measurement);
    out.append("\",\"time\":\"").append(time);
    out.append("\",\"tags\":{\"dscp\":\"0\",\"dst_ip\":\"").append(address(destination));
    out.append("\",\"dst_name\":\"node-").append(destination);
    out.append("\",\"dst_zone\":\"zone-").append((char) ('a' + destination % 3));
    out.append("\",\"group\":\"default\",\"mesh\":\"bench\",\"port\":\"default\",\"src_ip\":\"");
    out.append(address(agent)).append("\",\"src_name\":\"node-").append(agent);
    out.append("\",\"src_zone\":\"zone-").append((char) ('a' + agent % 3)).append('"');
  }

  private static void fields(
      int agent, int peer, int window, int lost, boolean old, StringBuilder out) {
    int received = SimulatedAgentWindows.PROBES - lost;
    // Nanoseconds, as agents measure, in milliseconds.
    int nanos = 60_000 + SimulatedAgentWindows.mix(agent, peer, window) % 40_000;
    out.append("\"sent\":").append(SimulatedAgentWindows.PROBES).append(".0");
    field("received", received, out);
    if (!old) {
      field("due", SimulatedAgentWindows.PROBES, out);
      field("skipped", 0, out);
      field("stalled", 0, out);
    }
    field("lost", lost, out);
    field("loss", 100.0 * lost / SimulatedAgentWindows.PROBES, out);
    field("rtt", (nanos + 1.0 / 3) * MICRO * MICRO, out);
    field("rtt_p50", nanos / 1e6, out);
    field("rtt_p99", (nanos + 41_111) / 1e6, out);
    field("jitter", nanos / 7e6, out);
    if (old) {
      return;
    }
    field("rtt_min", (nanos - 20_000) / 1e6, out);
    field("rtt_p90", (nanos + 9_999) / 1e6, out);
    field("rtt_max", (nanos + 91_234) / 1e6, out);
    for (String zero :
        new String[] {
          "refused",
          "late",
          "duplicate",
          "reordered",
          "corrupt",
          "send_error",
          "own_drop",
          "overload"
        }) {
      field(zero, 0, out);
    }
    field("forward_lost", lost, out);
    field("return_lost", 0, out);
    field("residence", nanos / 6e6, out);
    field("dscp_rewritten", 0, out);
  }

  private static void field(String name, double value, StringBuilder out) {
    out.append(",\"").append(name).append("\":").append(value);
  }

  private static String address(int node) {
    return "10.1." + node / 250 + "." + (node % 250 + 1);
  }
}
