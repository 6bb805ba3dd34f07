package io.llamamesh.apiserver;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.llamamesh.apiserver",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ImportRulesTest {
  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("io.llamamesh.apiserver.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theStandInKnowsNoOtherModule =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.llamamesh.crd..",
              "io.llamamesh.config..",
              "io.llamamesh.results..",
              "io.llamamesh.agent..",
              "io.llamamesh.scraper..",
              "io.llamamesh.operator..",
              "io.llamamesh.local..");

  @ArchTest
  static final ArchRule nobodyReadsTheEnvironment =
      noClasses()
          .should()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "exit", int.class);

  @ArchTest
  static final ArchRule onlyTheRulesKnowCel =
      noClasses()
          .that()
          .resideOutsideOfPackage("..rules..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.cel..");

  @ArchTest
  static final ArchRule onlyHttpSpeaksHttp =
      noClasses()
          .that()
          .resideOutsideOfPackage("..http..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.sun.net.httpserver..");

  @ArchTest
  static final ArchRule thePureCoreKnowsNoClient =
      noClasses()
          .that()
          .resideInAnyPackage("..apply..", "..store..", "..validate..", "..table..", "..journal..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.fabric8..", "..http..", "..objects..");
}
