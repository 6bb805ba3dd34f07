package io.llamamesh.results;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * One line of a time series, in the shape of LLAMA's {@code /influxdata}: what one pair and traffic
 * class (measurement {@link #RAW_STATS}) or one source port of it ({@link #PATH_STATS}) saw in one
 * window.
 *
 * <p>RTTs are in milliseconds and losses in percent, as LLAMA has them. A field that is not known
 * is absent: no {@code loss} where no probe counts, no {@code rtt*} where none returned.
 *
 * @param measurement {@link #RAW_STATS}, {@link #PATH_STATS} or {@link #REFLECTED_STATS}
 * @param time end of the window
 * @param tags what the numbers are about; sorted by name; frozen when the window closed
 * @param fields the numbers, in the order in which they were put
 */
@JsonPropertyOrder({"measurement", "time", "tags", "fields"})
public record Point(
    String measurement, Instant time, Map<String, String> tags, Map<String, Double> fields) {
  /** Measurement of a pair and class. */
  public static final String RAW_STATS = "raw_stats";

  /** Measurement of one source port of a pair and class; tag {@link Tags#SRC_PORT}. */
  public static final String PATH_STATS = "path_stats";

  /** Measurement of what a reflector sent back to one sender (tag {@code src_ip}) in one window. */
  public static final String REFLECTED_STATS = "reflected_stats";

  public Point {
    Objects.requireNonNull(measurement, "measurement");
    Objects.requireNonNull(time, "time");
    tags = PointTags.of(tags);
    fields = PointFields.of(fields);
  }

  /** Takes tags one by one. */
  @FunctionalInterface
  public interface TagSink {
    /** A tag. */
    void take(String name, String value);
  }

  /** Takes fields one by one. */
  @FunctionalInterface
  public interface FieldSink {
    /** A field. */
    void take(String name, double value);
  }

  /** A field without the detour over an object. */
  public double number(String name, double absent) {
    return ((PointFields) fields).number(name, absent);
  }

  /** All tags, sorted by name. */
  public void forEachTag(TagSink sink) {
    ((PointTags) tags).forEachPair(sink);
  }

  /** All fields, in the order in which they were put. */
  public void forEachField(FieldSink sink) {
    ((PointFields) fields).forEachNumber(sink);
  }

  /**
   * Tags that every part knows; nodes' labels add others ({@code src_zone}, {@code dst_zone}, …).
   */
  public static final class Tags {
    public static final String MESH = "mesh";
    public static final String SRC_IP = "src_ip";
    public static final String DST_IP = "dst_ip";
    public static final String SRC_NAME = "src_name";
    public static final String DST_NAME = "dst_name";
    public static final String GROUP = "group";

    /** The traffic class's name. */
    public static final String PORT = "port";

    /** The traffic class's DSCP, decimal. */
    public static final String DSCP = "dscp";

    public static final String SRC_PORT = "src_port";

    /**
     * How a target without a reflector was probed: {@code icmp} or {@code tcp}. Points of
     * reflectors, which is to say of {@code udp}, have no such tag.
     */
    public static final String METHOD = "method";

    public static final String SRC_ZONE = "src_zone";
    public static final String DST_ZONE = "dst_zone";

    /** Names that InfluxDB reserves: it refuses every point that has such a tag. */
    public static final Set<String> RESERVED_BY_INFLUXDB = Set.of("time", "_field", "_measurement");

    /** Tags that a collector sets on every point itself, whatever its configuration says. */
    public static final Set<String> SET_BY_COLLECTOR = Set.of(SRC_IP, DST_IP, PORT, DSCP, SRC_PORT);

    /** Names that a {@code LlamaMesh} must not give to tags; those above are among them. */
    public static final Set<String> RESERVED =
        Set.of(
            "time",
            "_field",
            "_measurement",
            MESH,
            SRC_IP,
            DST_IP,
            SRC_NAME,
            DST_NAME,
            GROUP,
            PORT,
            DSCP,
            SRC_PORT);

    private Tags() {}
  }

  /**
   * Fields of {@link #RAW_STATS}; counts of probes but for {@code loss} (percent) and RTTs
   * (milliseconds). Each probe that was sent has exactly one outcome: {@code sent = received + late
   * + lost + refused + too_big + own_drop + overload + corrupt + suppressed}. What came due was
   * sent or not: {@code due = sent + send_error + skipped}. The others are marks beside the
   * outcome.
   *
   * <p>A further field is written by the agent's {@code WindowPoints}, and let in by the scraper's
   * {@code PointCheck}; {@code Cell} keeps those that page and verdict use.
   */
  public static final class Fields {
    /** Probes that came due. */
    public static final String DUE = "due";

    /** Came due and was not measured, since the agent did not run then or had no room. */
    public static final String SKIPPED = "skipped";

    /** Part of {@code received}: sent long after its stamp on either side, so without an RTT. */
    public static final String STALLED = "stalled";

    public static final String SENT = "sent";
    public static final String RECEIVED = "received";
    public static final String LOST = "lost";

    /** {@code 100 × lost / (received + lost)}. */
    public static final String LOSS = "loss";

    /** Mean RTT. */
    public static final String RTT = "rtt";

    public static final String RTT_MIN = "rtt_min";
    public static final String RTT_P50 = "rtt_p50";
    public static final String RTT_P90 = "rtt_p90";
    public static final String RTT_P99 = "rtt_p99";
    public static final String RTT_MAX = "rtt_max";

    /** RFC 3550's smoothed difference of consecutive RTTs, in milliseconds. */
    public static final String JITTER = "jitter";

    /** The peer's host answered that nobody listens. */
    public static final String REFUSED = "refused";

    /** Probes that were sent back; field of {@link #REFLECTED_STATS}. */
    public static final String REFLECTED = "reflected";

    /** In time by the network, but held up by the reflector or the collector. */
    public static final String LATE = "late";

    /** A router said that the probe is too long for the path. */
    public static final String TOO_BIG = "too_big";

    /** Answered only by something that is not the answer: cut, too long, or without the key. */
    public static final String CORRUPT = "corrupt";

    /** Not answered by a peer that had said goodbye, or not waited for: nobody's fault. */
    public static final String SUPPRESSED = "suppressed";

    /** The kernel refused to send it: not among {@code sent}. */
    public static final String SEND_ERROR = "send_error";

    /** Further answers to probes that had one already. */
    public static final String DUPLICATE = "duplicate";

    /** Answered after a probe of the same flow that was sent later. */
    public static final String REORDERED = "reordered";

    /** Our own receive buffer overflowed. */
    public static final String OWN_DROP = "own_drop";

    /** The reflector's own drops: its rate limit or its receive buffer. */
    public static final String OVERLOAD = "overload";

    /** Part of {@code lost}: never reached the reflector. */
    public static final String FORWARD_LOST = "forward_lost";

    /** Part of {@code lost}: reached the reflector. */
    public static final String RETURN_LOST = "return_lost";

    /** Mean time between arrival at the reflector and its reply, in milliseconds. */
    public static final String RESIDENCE = "residence";

    /** Probes answered whose DSCP was changed on the way there or back. */
    public static final String DSCP_REWRITTEN = "dscp_rewritten";

    /** The other DSCP that arrived at the reflector last; absent where it was ours. */
    public static final String DSCP_FORWARD = "dscp_forward";

    /** The other DSCP that a reply came back with last; absent where it was ours. */
    public static final String DSCP_RETURN = "dscp_return";

    /** Bytes of an IP packet that the path takes; absent where no probe was longer. */
    public static final String PATH_MTU = "path_mtu";

    private Fields() {}
  }
}
