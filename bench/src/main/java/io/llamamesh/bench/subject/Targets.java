package io.llamamesh.bench.subject;

/**
 * The targets of a collector here: reflectors on loopback addresses from {@value #FIRST} up, all of
 * them one process on the wildcard address.
 *
 * @param count how many addresses, 1 to {@value #MOST}
 * @param port UDP port of all
 * @param sourcePorts flows per target
 * @param rate probes per second of all flows together
 */
public record Targets(int count, int port, int sourcePorts, double rate) {

  /** The first address. */
  public static final String FIRST = "127.0.1.1";

  /** Most of them. */
  public static final int MOST = 2_500;

  private static final int IN_A_BLOCK = 250;

  /** Seconds per window in {@link #document}. */
  public static final int INTERVAL_SECONDS = 5;

  public Targets {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException("targets must be 1 to " + MOST + ": " + count);
    }
  }

  /** The config document. */
  public String document() {
    StringBuilder yaml =
        new StringBuilder(
            """
            version: 1
            mesh: bench
            summarization: {interval: %d}
            ports: {default: {tos: 0, timeout: 1000}}
            port_groups: {default: [{port: default, count: %d}]}
            rate_limits: {default: {cps: %s}}
            tests: [{targets: default, port_group: default, rate_limit: default}]
            targets:
              default:
            """
                .formatted(INTERVAL_SECONDS, sourcePorts, rate / count / sourcePorts));
    for (int i = 0; i < count; i++) {
      yaml.append(
          "  - {name: target-%d, ip: 127.0.%d.%d, port: %d}%n"
              .formatted(i, 1 + i / IN_A_BLOCK, 1 + i % IN_A_BLOCK, port));
    }
    return yaml.toString();
  }
}
