package io.llamamesh.bench.main;

import io.llamamesh.bench.accuracy.AccuracyBench;
import io.llamamesh.bench.allocation.AllocationBench;
import io.llamamesh.bench.collector.CollectorBench;
import io.llamamesh.bench.memory.MemoryBench;
import io.llamamesh.bench.micro.MicroBench;
import io.llamamesh.bench.operator.OperatorBench;
import io.llamamesh.bench.reflector.ReflectorBench;
import io.llamamesh.bench.scraper.ScraperBench;
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
    version = "llama-mesh 0.1.0",
    sortOptions = false,
    usageHelpWidth = 110,
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
    footer = {
      "",
      "Exit codes: 0 measured (also when a target is missed), 1 cannot measure, 2 wrong use."
    },
    subcommands = {
      ReflectorBench.class,
      CollectorBench.class,
      AccuracyBench.class,
      MemoryBench.class,
      AllocationBench.class,
      MicroBench.class,
      OperatorBench.class,
      ScraperBench.class,
      HelpCommand.class
    })
public final class BenchMain {
  private BenchMain() {}

  /** Runs a benchmark and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    CommandLine line = new CommandLine(new BenchMain());
    if (arguments.length == 0 || (arguments.length == 1 && arguments[0].equals("list"))) {
      line.usage(System.out);
      return CommandLine.ExitCode.OK;
    }
    line.setParameterExceptionHandler((e, args) -> {
      String name = e.getCommandLine().getCommandSpec().qualifiedName();
      e.getCommandLine().getErr().println(name + ": " + e.getMessage() + " (see --help)");
      return CommandLine.ExitCode.USAGE;
    });
    line.setExecutionExceptionHandler((e, command, parsed) -> {
      String name = command.getCommandSpec().qualifiedName();
      command.getErr().println(name + ": " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    });
    return line.execute(arguments);
  }
}
