package io.llamamesh.local.main;

import io.llamamesh.testkit.junit.CommandLineRules;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(LocalMain::commandLine, "llama-mesh local");
  }
}
