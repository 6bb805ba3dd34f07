package io.llamamesh.registry.main;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.llamamesh.cli.CommandFrame;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The programs {@code registry} and {@code register}. */
@Command(
    name = "llama-mesh",
    description = "Registration of probes outside the cluster: server and client.",
    mixinStandardHelpOptions = true)
public final class RegistryMain {
  private static final String LOGBACK = "logback.configurationFile";

  private RegistryMain() {}

  /** Runs the program that the first argument names and exits with its code. */
  public static void main(String[] args) {
    if (System.getProperty(LOGBACK) == null) {
      System.setProperty(LOGBACK, "io/llamamesh/registry/main/logback.xml");
    }
    System.exit(run(System.getenv(), args));
  }

  /**
   * The command line of the registry's programs.
   *
   * @param args of which it takes the file with further options
   */
  public static CommandLine commandLine(Map<String, String> environment, String... args) {
    Path home = Path.of(System.getProperty("user.home", "."));
    CommandLine line = new CommandLine(new RegistryMain());
    OptionSources registry =
        OptionSources.of(OptionSources.REGISTRY, environment, args, Path.of(""), home);
    OptionSources register =
        OptionSources.of(OptionSources.REGISTER, environment, args, Path.of(""), home);
    line.addSubcommand(
        new CommandLine(new RegistryCommand(registry)).setDefaultValueProvider(registry));
    line.addSubcommand(
        new CommandLine(new RegisterCommand(register)).setDefaultValueProvider(register));
    return CommandFrame.apply(
        line,
        CommandFrame::message,
        e ->
            origin(
                e, e.getCommandLine().getCommandName().equals("register") ? register : registry));
  }

  static int run(Map<String, String> environment, String... args) {
    return commandLine(environment, args).execute(args);
  }

  /** The origin of a wrong value, when not the command line. */
  private static String origin(ParameterException e, OptionSources sources) {
    ArgSpec spec = e.getArgSpec();
    String origin = spec instanceof OptionSpec option ? sources.origin(option.longestName()) : null;
    return origin == null ? "" : ", from " + origin;
  }

  /** Logs what helps to find a mistake, too. */
  static void verbose() {
    if (LoggerFactory.getLogger("io.llamamesh") instanceof Logger logger) {
      logger.setLevel(Level.DEBUG);
    }
  }
}
