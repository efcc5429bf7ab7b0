// The program `offstage`: the command line without an app's own jobs.
import OffstageCLI

await OffstageMain.main()
