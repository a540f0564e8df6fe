"""What the words of a class, an id or an `itemprop` say of what an element holds.

The words are those that makers of pages use all over the world, whatever language the page itself is in; some are
German, French, Spanish or Italian. A word stands for one group, a group for one bit of a number.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cleancopy.model import NAME_GROUPS

_WORDS = {
    "navigation": "nav navbar navi navigation menu menus submenu megamenu breadcrumb breadcrumbs crumb crumbs pager "
    "pagination paginator paging toc sitemap skip topbar toolbar tabs tab hamburger",
    "head": "masthead hdr brand branding logo topper",
    "foot": "footer foot colophon copyright legal imprint disclaimer bottom",
    "side": "sidebar aside rail side secondary tertiary sidecol",
    "related": "related more recommended recommendation recommendations recommend recirc recirculation readmore also "
    "popular trending mostread most latest similar suggested suggestion suggestions outbrain taboola zergnet plista "
    "upnext next previous prev onward further additional siblings seealso ranking",
    "share": "share sharing shares shareline social socials sociallinks facebook twitter whatsapp pinterest linkedin "
    "addthis addtoany sharedaddy follow bookmark print email teilen compartir partage condividi",
    "comments": "comment comments commentlist disqus respond reply replies discussion livefyre kommentar kommentare "
    "comentarios commentaires viafoura coral",
    "advertisement": "ad ads advert adverts advertisement advertising adv adsense adslot adunit sponsor sponsored dfp "
    "mpu leaderboard werbung anzeige publicidad pub reklama banner commercial affiliate billboard",
    "subscription": "newsletter newsletters subscribe subscription subscriber signup signin login paywall premium "
    "register registration mailing piano regwall optin abo donate donation support cta membership offer",
    "consent": "cookie cookies consent gdpr cmp privacy onetrust didomi usercentrics",
    "caption": "caption captions figcaption wpcaption bildunterschrift legende credit credits copyrights",
    "media": "photo photos image images img picture pictures media figure gallery slideshow carousel slider slide "
    "video videos player lightbox thumb thumbnail audio podcast bild foto",
    "byline": "byline bylines author authors autor autoren auteur autore writer contributor contributors bio vcard "
    "profile reporter journalist",
    "date": "date dates time times timestamp datetime published pubdate updated posted dateline datum fecha readtime "
    "datepublished datemodified",
    "title": "title titles headline headlines hed heading headings hl titel titulo titre ueberschrift",
    "teaser": "teaser teasers card cards excerpt item items list listing grid feed tile tiles promo promos promoted "
    "river stream linklist results",
    "lead": "lead lede lede standfirst dek deck subtitle subheadline subhead subheading abstract intro kicker strap "
    "vorspann chapo entradilla sommario description summary tagline",
    "body": "body content contents article post entry text story main paragraph paragraphs richtext prose copy inhalt "
    "contenu contenido articlebody cuerpo bodytext",
    "tags": "tag tags topic topics keyword keywords category categories cat label labels hashtag rubric section "
    "sections",
    "embed": "embed embeds embedded tweet instagram oembed iframe tiktok youtube",
    "quote": "quote quotes pullquote blockquote zitat",
    "box": "infobox box factbox facts info sidenote callout highlight highlights note notes",
    "overlay": "modal popup overlay dialog tooltip dropdown offcanvas alert alerts notification notifications toast "
    "flyout screenreader",
    "control": "button buttons btn link links icon icons form search input field widget",
    "meta": "meta metadata details stats count counter views rating ratings score vote votes",
    "reference": "reference references reflist footnote footnotes citation citations bibliography",
    "code": "code highlight syntax pre snippet codehilite",
    "post": "message messages thread reply topicpost postbody quoted answer answers question",
    "product": "product products price prices cart shop review reviews description specs variant",
}
_BITS: dict[str, int] = {}
for _number, _group in enumerate(NAME_GROUPS):
    for _word in _WORDS[_group].split():
        _BITS[_word] = _BITS.get(_word, 0) | 1 << _number
# A word: letters of one case, or a capital and what follows it ("articleBody", "HTML").
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Longer values are lists of styles, of which the first say enough.
_LONGEST = 400


@lru_cache(1 << 14)
def groups_of(value: str) -> int:
    """The groups, one bit each, that the words of an attribute's value stand for."""
    found = 0
    for word in _WORD.findall(value[:_LONGEST]):
        found |= _BITS.get(word.lower(), 0)
    return found
