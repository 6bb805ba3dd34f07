package io.llamamesh.bench.main;

import io.llamamesh.bench.accuracy.AccuracyBench;
import io.llamamesh.bench.allocation.AllocationBench;
import io.llamamesh.bench.attack.AttackBench;
import io.llamamesh.bench.collector.CollectorBench;
import io.llamamesh.bench.fabric.FabricBench;
import io.llamamesh.bench.idle.IdleBench;
import io.llamamesh.bench.memory.MemoryBench;
import io.llamamesh.bench.micro.MicroBench;
import io.llamamesh.bench.operator.OperatorBench;
import io.llamamesh.bench.reflector.ReflectorBench;
import io.llamamesh.bench.registry.RegistryBench;
import io.llamamesh.bench.scraper.ScraperBench;
import io.llamamesh.cli.CommandFrame;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/**
 * The program {@code llama-mesh bench}: what our parts cost and how right they measure, side by
 * side with a reference in one run.
 */
@Command(
    name = "llama-mesh bench",
    mixinStandardHelpOptions = true,
    description = {
      "Measures what the parts cost and how right they measure. Each figure is one line:",
      "",
      "  name=value unit  (reference value unit, ratio; target: met or missed)",
      "",
      "The references are small C programs of the same method, compiled here when gcc is there;"
          + " ours and theirs take turns, and the median of the rounds counts. Other work on the"
          + " machine spoils figures: let it be quiet.",
      ""
    },
    exitCodeList = {
      "0:Measured, also where a goal is missed.",
      "1:It cannot measure, or wrong use."
    },
    subcommands = {
      ReflectorBench.class,
      CollectorBench.class,
      IdleBench.class,
      AccuracyBench.class,
      MemoryBench.class,
      AllocationBench.class,
      MicroBench.class,
      OperatorBench.class,
      ScraperBench.class,
      FabricBench.class,
      AttackBench.class,
      RegistryBench.class,
      HelpCommand.class
    })
public final class BenchMain {
  private BenchMain() {}

  /** Runs a benchmark and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** The command line of all benchmarks. */
  public static CommandLine commandLine() {
    return CommandFrame.of(new BenchMain());
  }

  static int run(String... arguments) {
    CommandLine line = commandLine();
    if (arguments.length == 0 || (arguments.length == 1 && arguments[0].equals("list"))) {
      line.usage(System.out);
      return CommandFrame.OK;
    }
    return line.execute(arguments);
  }
}
