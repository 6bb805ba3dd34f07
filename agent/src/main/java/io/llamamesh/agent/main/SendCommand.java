package io.llamamesh.agent.main;

import io.llamamesh.agent.auth.AuthFiles;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.cli.CommandFrame;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Command that probes one reflector once. */
@Command(
    name = "send",
    mixinStandardHelpOptions = true,
    description =
        "Sends some probes to one reflector and prints sent, lost, loss and round-trip times.",
    exitCodeList = {"0:All were answered.", "1:An error, or wrong use.", "2:Some were lost."})
final class SendCommand implements Callable<Integer> {

  @Mixin private BindOptions bind = new BindOptions();

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "HOST", description = "Address or name of the reflector.")
  private String host = "";

  @Option(
      names = "--port",
      defaultValue = "8100",
      description = "The reflector's UDP port (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--count",
      defaultValue = "500",
      description = "How many probes, 1 to 1000000 (default: ${DEFAULT-VALUE}).")
  private int count;

  @Option(
      names = "--tos",
      converter = ByteConverter.class,
      defaultValue = "0x00",
      description =
          "ToS or traffic class byte, 0 to 255 or 0x00 to 0xff (default: ${DEFAULT-VALUE}).")
  private Integer tos = 0;

  @Option(
      names = "--timeout",
      defaultValue = "200ms",
      converter = DurationConverter.class,
      description =
          "What is not answered by then is lost: 200ms, 1s or seconds as 0.2 (default:"
              + " ${DEFAULT-VALUE}).")
  private Duration timeout = Duration.ofMillis(200);

  @Option(
      names = "--interval",
      defaultValue = "10ms",
      converter = DurationConverter.class,
      description = "Time between two probes (default: ${DEFAULT-VALUE}).")
  private Duration interval = Duration.ofMillis(10);

  @Option(
      names = "--payload",
      defaultValue = "1000",
      description = "Bytes of padding, 0 to 8900 (default: ${DEFAULT-VALUE}).")
  private int payload;

  @Option(
      names = "--auth-dir",
      paramLabel = "DIR",
      description =
          "Folder with keys.json: probes are signed and answers must be, as in a mesh with"
              + " authentication (default: unsigned).")
  private @Nullable Path authDir;

  @Override
  public Integer call() throws IOException {
    checkHost();
    bind.checkPort("--port", port);
    range("--count", count, 1, 1_000_000);
    range("--tos", tos, 0, 255);
    range("--payload", payload, 0, 8900);
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IOException("unknown host " + host, e);
    }
    OneShot shot =
        new OneShot(
            NativeNetwork.orChannels(), new InetSocketAddress(address, port), tos, payload, keys());
    OneShot.Result result =
        shot.run(bind.addresses(null), count, interval.toNanos(), timeout.toNanos());
    print(result);
    explain(result);
    return result.lost() == 0 ? CommandFrame.OK : CommandFrame.BAD;
  }

  private static final Pattern WITH_PORT = Pattern.compile("\\[?(.*?)]?:(\\d{1,5})");

  /** Refuses or corrects HOST with a port or brackets, as people type it from habit. */
  private void checkHost() {
    Matcher matcher = WITH_PORT.matcher(host);
    if (host.startsWith("[") || host.indexOf(':') == host.lastIndexOf(':')) {
      if (matcher.matches()) {
        throw bind.usageError(
            "HOST is without the port: use " + matcher.group(1) + " --port " + matcher.group(2));
      }
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
    }
  }

  private ProbeKeys keys() throws IOException {
    if (authDir == null) {
      return ProbeKeys.NONE;
    }
    try (AuthFiles files = AuthFiles.open(authDir)) {
      return files.keys();
    }
  }

  /** Prints a likely reason why nothing came back. */
  private void explain(OneShot.Result result) {
    if (spec == null || result.answered() > 0 || result.sent() == 0) {
      return;
    }
    String why = "";
    if (result.unkeyed() > 0) {
      why = "it answers, but without our key: it has no --auth-dir, or another one";
    } else if (result.refused() > 0) {
      why = "the host is up, but nothing listens on UDP port " + port;
    } else if (authDir == null) {
      why =
          "no answer at all: where the mesh asks for keys, give --auth-dir, or let it take us with"
              + " --accept-unkeyed (reflector.acceptUnkeyed)";
    }
    if (!why.isEmpty()) {
      spec.commandLine().getErr().println("send: " + why);
    }
  }

  private void range(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw bind.usageError(option + " must be from " + min + " to " + max + ", was " + value);
    }
  }

  private void print(OneShot.Result result) {
    StringBuilder line = new StringBuilder();
    line.append("sent=").append(result.sent()).append(" lost=").append(result.lost());
    line.append(String.format(Locale.ROOT, " loss=%.2f%%", result.lossPercent()));
    if (result.refused() > 0) {
      line.append(" refused=").append(result.refused());
    }
    if (result.unkeyed() > 0) {
      line.append(" unkeyed=").append(result.unkeyed());
    }
    if (result.sendErrors() > 0) {
      line.append(" send_error=").append(result.sendErrors());
    }
    if (!result.rtts().isEmpty()) {
      line.append(
          String.format(
              Locale.ROOT,
              " rtt_min=%.3fms rtt_avg=%.3fms rtt_p50=%.3fms rtt_p99=%.3fms rtt_max=%.3fms",
              result.millis(0),
              result.meanMillis(),
              result.millis(0.5),
              result.millis(0.99),
              result.millis(1)));
    }
    if (spec != null) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(line);
      out.flush();
    }
  }

  /** Decimal, or hexadecimal behind {@code 0x}. */
  static final class ByteConverter implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      try {
        return Integer.decode(text);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("'" + text + "' is no number such as 46 or 0xb8");
      }
    }
  }

  /** {@code 200ms}, {@code 1s}, {@code 1m}, or seconds as {@code 0.2}. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        Duration duration = parse(text);
        if (duration.isPositive() && duration.compareTo(Duration.ofMinutes(10)) <= 0) {
          return duration;
        }
      } catch (NumberFormatException e) {
        // refused below, like one out of bounds
      }
      throw new TypeConversionException(
          "'" + text + "' is no duration such as 200ms, 1s or 0.2 (seconds), at most 10 minutes");
    }

    private static Duration parse(String text) {
      if (text.endsWith("ms")) {
        return nanos(text.substring(0, text.length() - 2), 1e6);
      }
      if (text.endsWith("s")) {
        return nanos(text.substring(0, text.length() - 1), 1e9);
      }
      if (text.endsWith("m")) {
        return nanos(text.substring(0, text.length() - 1), 60e9);
      }
      return nanos(text, 1e9);
    }

    private static Duration nanos(String number, double unit) {
      return Duration.ofNanos(Math.round(Double.parseDouble(number) * unit));
    }
  }
}
