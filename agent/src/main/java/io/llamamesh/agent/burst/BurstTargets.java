package io.llamamesh.agent.burst;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.wire.LegacyProbe;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.results.IpText;
import io.llamamesh.results.Point.Tags;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Members that an agent may probe in a burst, and with what: their pairs in the plan. Others are
 * nobody's to load: targets without a name, outside the mesh, or of the Python LLAMA, which cannot
 * tell a burst from what is measured.
 */
public final class BurstTargets {

  /** No member. */
  public static final BurstTargets NONE = new BurstTargets(Map.of());

  /** Tag of a burst's pairs: address and port of the reflector. */
  static final String ADDRESS = "address";

  /** Fewest probes per second of one flow, where there is more than one. */
  private static final int MIN_FLOW_PPS = 5;

  private static final long SECOND = 1_000_000_000L;

  /** Window that is longer than any burst. */
  private static final long WINDOW = 3_600 * SECOND;

  private final Map<String, List<ProbePlan.Pair>> pairs;

  private BurstTargets(Map<String, List<ProbePlan.Pair>> pairs) {
    this.pairs = pairs;
  }

  /** Members of a config that runs, and their pairs. */
  public static BurstTargets of(CollectorConfig config, ProbePlan plan) {
    Set<String> members = new HashSet<>();
    for (List<CollectorConfig.Target> list : config.targets().values()) {
      for (CollectorConfig.Target target : list) {
        boolean outside = target.keyed() != null && !target.keyed();
        if (target.name() != null && !outside && !target.isLegacy()) {
          members.add(target.name());
        }
      }
    }
    Map<String, List<ProbePlan.Pair>> found = new LinkedHashMap<>();
    for (ProbePlan.Pair pair : plan.pairs()) {
      String name = pair.tags().get(Tags.DST_NAME);
      if (name != null
          && members.contains(name)
          && pair.trafficClass().datagramBytes() != LegacyProbe.BYTES) {
        found.computeIfAbsent(name, k -> new ArrayList<>()).add(pair);
      }
    }
    return new BurstTargets(found);
  }

  /** Returns whether this agent may probe a member. */
  public boolean contains(String target) {
    return pairs.containsKey(target);
  }

  /**
   * The plan of a burst: all addresses and classes of a member over as many source ports as in the
   * config, but {@value BurstLimits#MAX_FLOWS} flows at most, each at the same pace, and not slower
   * than {@value #MIN_FLOW_PPS} probes per second: slow ones would fill the tables of reflectors
   * for little. Where there are more addresses and classes than that, the first are probed. Source
   * ports are any free ones: those of the config belong to what is measured.
   *
   * @param pps probes per second over all flows
   */
  ProbePlan plan(String target, int pps) {
    List<ProbePlan.Pair> all = pairs.getOrDefault(target, List.of());
    int budget = Math.clamp(pps / MIN_FLOW_PPS, 1, BurstLimits.MAX_FLOWS);
    List<ProbePlan.Pair> chosen = all.subList(0, Math.min(all.size(), budget));
    int most = chosen.isEmpty() ? 0 : budget / chosen.size();
    int flows = chosen.stream().mapToInt(pair -> Math.min(pair.sourcePorts(), most)).sum();
    long period = Math.max(1, flows) * SECOND / pps;
    return new ProbePlan(
        WINDOW,
        WINDOW,
        chosen.stream()
            .map(pair -> burst(pair, Math.min(pair.sourcePorts(), most), period))
            .toList());
  }

  private static ProbePlan.Pair burst(ProbePlan.Pair pair, int ports, long period) {
    ProbePlan.TrafficClass type = pair.trafficClass();
    return new ProbePlan.Pair(
        new ProbePlan.TrafficClass(
            type.name(),
            type.tos(),
            0,
            Math.min(type.timeoutNanos(), BurstLimits.MAX_TIMEOUT.toNanos()),
            type.datagramBytes(),
            type.local()),
        pair.target(),
        ports,
        period,
        pair.keyed(),
        Map.of(Tags.PORT, type.name(), ADDRESS, IpText.of(pair.target())));
  }
}
