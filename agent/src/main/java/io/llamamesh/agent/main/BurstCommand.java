package io.llamamesh.agent.main;

import io.llamamesh.agent.burst.BurstLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Burst of all agents at one node. */
@Command(
    name = "burst",
    mixinStandardHelpOptions = true,
    description =
        "Has all agents that probe a node do so many times at once, beside what is measured, and"
            + " prints loss and round-trip times from each.",
    exitCodeList = {
      "0:All were answered.",
      "1:An error, or wrong use.",
      "2:Some were lost, or an agent did not answer."
    })
final class BurstCommand implements Callable<Integer> {

  @Mixin private AgentQueryOptions query = new AgentQueryOptions();

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "NODE", description = "Name of the node to probe.")
  private String node = "";

  @Option(
      names = "--pps",
      paramLabel = "N",
      defaultValue = "200",
      description = "Probes per second of each agent, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  private int pps;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "10s",
      converter = SendCommand.DurationConverter.class,
      description = "How long, 1s to 60s (default: ${DEFAULT-VALUE}).")
  private Duration length = Duration.ofSeconds(10);

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (pps < 1 || pps > BurstLimits.MAX_PPS) {
      throw wrong("--pps must be from 1 to " + BurstLimits.MAX_PPS + ", was " + pps);
    }
    if (length.compareTo(Duration.ofSeconds(1)) < 0
        || length.compareTo(BurstLimits.MAX_LENGTH) > 0) {
      throw wrong("--for must be from 1s to " + BurstLimits.MAX_LENGTH.toSeconds() + "s");
    }
    return query.print(query.tools().burst(node, pps, length, Asker.name()));
  }

  private RuntimeException wrong(String message) {
    return spec == null
        ? new IllegalArgumentException(message)
        : new ParameterException(spec.commandLine(), message);
  }
}
