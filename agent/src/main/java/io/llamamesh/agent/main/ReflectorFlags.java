package io.llamamesh.agent.main;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options of a reflector, also in LLAMA's spelling. */
final class ReflectorFlags {

  @Option(
      names = {"--port", "-port"},
      paramLabel = "PORT",
      defaultValue = "8100",
      description = "UDP port of the reflector (default: ${DEFAULT-VALUE}); 0 takes a free one.")
  private int port;

  @Option(
      names = {"--max-pps", "-max-pps"},
      paramLabel = "N",
      defaultValue = "100000",
      converter = Rate.class,
      description =
          "Limit of reflected probes per second (default: ${DEFAULT-VALUE}); more are dropped,"
              + " counted and reported to their senders.")
  private int maxPps;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads that reflect (default: ${DEFAULT-VALUE}); flows are spread over them.")
  private int threads;

  @Option(
      names = "--legacy",
      description = "Also send back the 36-byte datagrams of the Python LLAMA.")
  private boolean legacy;

  @Option(
      names = "--accept-unkeyed",
      paramLabel = "CIDR",
      split = ",",
      description =
          "With --auth-dir: networks that may still send probes without a key, such as"
              + " 10.0.0.0/8 (default: none).")
  private List<String> acceptUnkeyed = new ArrayList<>();

  AgentSettings.ReflectorSettings settings(BindOptions options) {
    options.checkPort("--port", port);
    if (maxPps < 1) {
      throw options.usageError("--max-pps must be positive, was " + maxPps);
    }
    if (threads < 1 || threads > 64) {
      throw options.usageError("--threads must be from 1 to 64, was " + threads);
    }
    if (threads > 1 && port == 0) {
      throw options.usageError("--threads above 1 needs a --port, since all threads share it");
    }
    return new AgentSettings.ReflectorSettings(
        port, maxPps, threads, legacy, options.parseCidrs("--accept-unkeyed", acceptUnkeyed));
  }

  /** Converter of a rate; LLAMA takes a fraction, too: {@code 5000.5}, {@code 1e4}. */
  static final class Rate implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      try {
        double rate = Double.parseDouble(text);
        if (rate <= Integer.MAX_VALUE) {
          return (int) rate;
        }
      } catch (NumberFormatException e) {
        // refused below, like one that is too large
      }
      throw new TypeConversionException("'" + text + "' is no number of probes per second");
    }
  }
}
